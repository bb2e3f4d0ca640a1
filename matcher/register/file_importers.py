"""File importers: import the contents of each kind of file into the register."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal, TypeVar

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.paths import display_path
from matcher.records import Need, Profile
from matcher.records.redaction import redact_record
from matcher.register.import_report import ImportReport
from matcher.register.listed_records import ListedRecords
from matcher.register.notices import TrimmedRelease, import_releases, trim_release
from matcher.register.organisations import put_organisations
from matcher.register.session import Session
from matcher.sources.catalogue import OrganisationFiles, ReleaseFiles, Source, StatementFiles
from matcher.sources.formats.files import ENDINGS
from matcher.sources.formats.items import Item
from matcher.sources.formats.jsonl import Accepted, Rejected, read
from matcher.sources.formats.rejects import RejectsFile
from matcher.sources.ocds import ReleaseIds
from matcher.sources.statement import Statement, Tally
from matcher.store import Put, Writer
from matcher.store.rows import chunks

OnError = Literal["stop", "skip"]
R = TypeVar("R", Profile, Need)
T = TypeVar("T")

PROFILES: Final = "profiles"
NEEDS: Final = "needs"

# Lines per write. Larger batches are barely faster but use more memory, because a line can be 1 MB.
_BATCH: Final = 500


@dataclass(frozen=True)
class ImportTask:
    """The task of importing one file in the transaction of `writer`.

    Without `rejects`, the first problem ends the import. `on_position` is called with the number of bytes read so far.
    `listed` takes note of the records of a register.
    """

    file: Path
    writer: Writer
    report: ImportReport
    rejects: RejectsFile | None
    on_position: Callable[[int], None]
    listed: ListedRecords | None = None

    def reject(self, problem: InvalidInput, text: str = "") -> None:
        """Write `problem` and the unusable `text` to the rejects file. If there is no such file, raise `problem`."""
        if self.rejects is None:
            raise problem
        self.report.rejected += 1
        place = Place(problem.place.file or display_path(self.file), problem.place.line or 0, problem.place.field)
        self.rejects.write(InvalidInput(problem.problem, remedy=problem.remedy, place=place), text)


@dataclass(frozen=True)
class FileImporter:
    """How to import one kind of file, and the filename endings to look for in a folder.

    `on_error` is what to do by default with a line or part that cannot be used.
    """

    run: Callable[[ImportTask], None]
    endings: tuple[str, ...]
    on_error: OnError = "stop"


def source_importer(source: Source) -> FileImporter:
    """Return the importer for files from `source`. Raise ValueError if the source has no files."""
    files = source.files
    if isinstance(files, StatementFiles):
        return FileImporter(partial(_import_statements, files, source.name), files.endings)
    if isinstance(files, ReleaseFiles):
        return FileImporter(partial(_import_releases, files), files.endings, "skip")
    if isinstance(files, OrganisationFiles):
        return FileImporter(partial(_import_organisations, files), files.endings)
    raise ValueError(f"{source.name} has no files")


def _import_profiles(task: ImportTask) -> None:
    session = Session(task.writer)
    for batch in chunks(_accepted(task, Profile), _BATCH):
        profiles = [(_redacted(line.record, task.report), line.contact) for line in batch]
        _count(session.put_own(profiles, source=display_path(task.file)), task.report.profiles)
        task.on_position(batch[-1].position)
    session.follow()
    session.finish()


def _import_needs(task: ImportTask) -> None:
    for batch in chunks(_accepted(task, Need), _BATCH):
        needs = [(_redacted(line.record, task.report), None) for line in batch]
        _count(task.writer.put_many(needs, source=display_path(task.file)), task.report.needs)
        task.on_position(batch[-1].position)


RECORD_IMPORTERS: Final[Mapping[str, FileImporter]] = {
    PROFILES: FileImporter(_import_profiles, ENDINGS),
    NEEDS: FileImporter(_import_needs, ENDINGS),
}


def _accepted(task: ImportTask, kind: type[R]) -> Iterator[Accepted[R]]:
    """Yield the lines that contain a record. Reject all other lines, and count the ignored fields."""
    for line in read(task.file, kind):
        if isinstance(line, Rejected):
            task.reject(line.problem, line.text)
        else:
            task.report.count_ignored(line.ignored)
            yield line


def _redacted(record: R, report: ImportReport) -> R:
    """Return `record` without the contact details in its texts, and count the fields that contained them."""
    redacted: R
    redacted, fields = redact_record(record)
    report.count_redacted(fields)
    return redacted


def _count(puts: Iterable[Put], outcomes: Counter[str]) -> None:
    outcomes.update(put.outcome for put in puts)


def _import_statements(files: StatementFiles, source: str, task: ImportTask) -> None:
    tally = Tally()
    session = Session(task.writer)
    session.follow()
    rows = _usable(files.read(task.file, source, tally), task)
    session.add(statement for statements in rows for statement in _noted(statements, task.listed))
    task.report.profiles.update(session.finish())
    task.report.add_tally(tally)
    task.report.counts.update(session.counts)


def _noted(statements: list[Statement], listed: ListedRecords | None) -> list[Statement]:
    if listed:
        listed.read(statements)
    return statements


def _import_releases(files: ReleaseFiles, task: ImportTask) -> None:
    import_releases(task.writer, _trimmed(files, task), task.report, task.reject)


def _trimmed(files: ReleaseFiles, task: ImportTask) -> Iterator[TrimmedRelease]:
    ids = ReleaseIds()
    for number, published in enumerate(files.read(task.file), start=1):
        try:
            yield trim_release(published.release, published.place, number, task.report, ids)
        except InvalidInput as problem:
            task.reject(problem)
        task.on_position(published.position)


def _import_organisations(files: OrganisationFiles, task: ImportTask) -> None:
    organisations = _usable(_counted(files.read(task.file), task.report.counts), task)
    task.report.counts["organisations new or changed"] += put_organisations(task.writer, organisations)


def _counted(items: Iterable[Item[T]], counts: Counter[str]) -> Iterator[Item[T]]:
    for item in items:
        counts["organisations read"] += 1
        yield item


def _usable(items: Iterable[Item[T]], task: ImportTask) -> Iterator[T]:
    """Yield the values of `items`. Reject items that have a problem, and report the position after each item."""
    for item in items:
        if item.problem is not None:
            task.reject(item.problem)
        elif item.value is not None:
            yield item.value
        task.on_position(item.position)
