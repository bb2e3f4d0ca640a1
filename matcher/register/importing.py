"""Importing: files of records into the store, each file wholly or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final, Literal

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.paths import display_path
from matcher.records import Need, Profile
from matcher.register.session import Session
from matcher.sources.formats.files import find_files
from matcher.sources.formats.jsonl import Accepted, Line, Rejected, read
from matcher.sources.formats.rejects import RejectsFile
from matcher.store import RecordKind, Store, Writer

OnError = Literal["stop", "skip"]
# Called with the bytes read so far and the bytes of all files, as they lie on the disk.
Progress = Callable[[int, int], None]

# Lines put into the store together. More is hardly faster, and a line may take a megabyte.
_BATCH: Final = 500
# Names of ignored fields that are counted apart; a file with more of them is a file of something else.
_MAX_IGNORED: Final = 1_000


@dataclass
class ImportReport:
    """What an import did: records by outcome, lines rejected, fields no record has with the number of lines
    that have them, and the file of rejected lines where there is one.
    """

    files: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    ignored_fields: Counter[str] = field(default_factory=Counter)
    rejects_file: Path | None = None

    def add(self, other: ImportReport) -> None:
        """Add the counts of another report to this one."""
        self.files += other.files
        self.added += other.added
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.rejected += other.rejected
        self.count_ignored(other.ignored_fields.elements())

    def count_ignored(self, names: Iterable[str]) -> None:
        """Count fields that were ignored, each as often as it is named."""
        for name in names:
            if name in self.ignored_fields or len(self.ignored_fields) < _MAX_IGNORED:
                self.ignored_fields[name] += 1


def import_files(
    store: Store,
    kind: RecordKind,
    paths: Iterable[Path],
    *,
    on_error: OnError = "stop",
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Put the records of JSON Lines files, and of folders of them, into `store`, one transaction a file.

    With `on_error` "stop" the first bad line raises, and nothing of its file is imported; files before it
    are. With "skip" bad lines are passed over, and written to `rejects` before their file is committed.

    Raises:
        InvalidInput: a path or a file as a whole cannot be read, or, with "stop", a line.
        Unavailable: the store or the rejects file cannot be written.

    """
    files = find_files(paths)
    _check_rejects(rejects, files)
    sizes = [file.stat().st_size for file in files]
    report = ImportReport()
    with RejectsFile(rejects) as rejected:
        for number, file in enumerate(files):
            tell = _teller(progress, sum(sizes[:number]), sum(sizes))
            report.add(_import_file(store, file, RecordKind(kind), rejected if on_error == "skip" else None, tell))
            tell(sizes[number])
        report.rejects_file = rejected.path
    return report


def _check_rejects(rejects: Path | None, files: list[Path]) -> None:
    if rejects is not None and rejects.resolve() in {file.resolve() for file in files}:
        raise InvalidInput(
            "is to be imported, and would be overwritten with rejected lines",
            remedy="Name another file for rejected lines",
            place=Place(file=display_path(rejects)),
        )


def _teller(progress: Progress | None, done: int, total: int) -> Callable[[int], None]:
    return lambda position: progress(done + position, total) if progress else None


def _import_file(
    store: Store, file: Path, kind: RecordKind, rejects: RejectsFile | None, tell: Callable[[int], None]
) -> ImportReport:
    """Import one file in one transaction; without `rejects`, the first bad line ends it."""
    report = ImportReport(files=1)
    with rejects.all_or_none() if rejects else nullcontext(), store.writing() as writer:
        session = Session(writer)
        for batch in _batches(_read(file, kind)):
            for line in batch:
                if isinstance(line, Rejected):
                    _reject(line, rejects, report)
            _put([line for line in batch if isinstance(line, Accepted)], writer, session, report)
            tell(batch[-1].position)
        if kind is RecordKind.PROFILE:
            session.follow()
            session.finish()
        if rejects:
            rejects.flush()
    return report


def _read(file: Path, kind: RecordKind) -> Iterator[Line[Profile | Need]]:
    return read(file, Profile) if kind is RecordKind.PROFILE else read(file, Need)


def _batches(lines: Iterator[Line[Profile | Need]]) -> Iterator[list[Line[Profile | Need]]]:
    while batch := list(islice(lines, _BATCH)):
        yield batch


def _reject(line: Rejected, rejects: RejectsFile | None, report: ImportReport) -> None:
    if rejects is None:
        raise line.problem
    rejects.write(line)
    report.rejected += 1


def _put(lines: list[Accepted[Profile | Need]], writer: Writer, session: Session, report: ImportReport) -> None:
    if not lines:
        return
    profiles = [(line.record, line.contact) for line in lines if isinstance(line.record, Profile)]
    needs = [(line.record, None) for line in lines if isinstance(line.record, Need)]
    puts = session.put_own(profiles, source=lines[0].file) + writer.put_many(needs, source=lines[0].file)
    outcomes = Counter(put.outcome for put in puts)
    report.added += outcomes["added"]
    report.updated += outcomes["updated"]
    report.unchanged += outcomes["unchanged"]
    for line in lines:
        report.count_ignored(line.ignored)
