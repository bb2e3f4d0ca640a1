"""Importing: read files of records and files from public sources into the store, in one transaction per file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Final

from matcher.foundations.errors import InvalidInput
from matcher.register.file_importers import (
    NEEDS,
    PROFILES,
    RECORD_IMPORTERS,
    FileImporter,
    ImportTask,
    OnError,
    source_importer,
)
from matcher.register.import_report import ENDED, ImportReport
from matcher.register.listed_records import ListedRecords
from matcher.register.session import Session
from matcher.sources.catalogue import FILE_SOURCES, REGISTERS, source_named
from matcher.sources.formats.files import find_files
from matcher.sources.formats.rejects import RejectsFile
from matcher.store import Store

# Called with the number of bytes read so far and the total size of all files, both measured before decompression.
OnProgress = Callable[[int, int], None]

# What `import_files` can read: records in the product's own format, and files from public sources.
KINDS: Final = (PROFILES, NEEDS, *FILE_SOURCES)


def import_files(
    store: Store,
    kind: str,
    paths: Iterable[Path],
    *,
    on_error: OnError | None = None,
    rejects_folder: Path | None = None,
    whole: bool = False,
    on_progress: OnProgress | None = None,
) -> ImportReport:
    """Import the files at `paths`, all of the same `kind`, into `store`, using one transaction per file.

    `kind` is one of `KINDS`. A path may be a folder of such files. Importing a file again changes nothing. `on_error`
    decides what happens if a line or part of a file cannot be used. "stop" raises an error and imports nothing from
    that file, but files already imported stay imported. "skip" leaves out the line or part and writes it to a new file
    in `rejects_folder` before the transaction is committed. For public sources, the rejects file lists the problems
    without the text. By default, notices are skipped, because their readers cannot correct them, and anything else
    stops.

    The report lists the records of a register that earlier files listed and these files do not. With `whole`, the files
    are the whole register, and the suppliers behind these records are ended.

    Raises:
        InvalidInput: a path or an entire file cannot be read or, with "stop", part of a file cannot be used; or `whole`
            is set for something other than a register.
        Unavailable: the store or the rejects file cannot be written.

    """
    importer = _importer(kind)
    if whole and kind not in REGISTERS:
        registers = ", ".join(sorted(REGISTERS))
        raise InvalidInput("--whole is for registers only", remedy=f"Leave it out, or import one of: {registers}")
    listed = ListedRecords(store, kind) if kind in REGISTERS else None
    files = find_files(paths, importer.endings)
    sizes = [file.stat().st_size for file in files]
    report = ImportReport()
    with RejectsFile(rejects_folder, kind) as rejects:
        for number, file in enumerate(files):
            on_position = partial(_report_progress, on_progress, sum(sizes[:number]), sum(sizes))
            with rejects.all_or_none(), store.writing() as writer:
                kept = rejects if (on_error or importer.on_error) == "skip" else None
                importer.run(ImportTask(file, writer, report, kept, on_position, listed))
                rejects.flush()
            report.files += 1
            on_position(sizes[number])
        report.rejects_file = rejects.path
    if listed and listed.missing:
        _report_missing(store, listed, report, end=whole)
    return report


def _report_missing(store: Store, listed: ListedRecords, report: ImportReport, *, end: bool) -> None:
    report.no_longer_listed = listed.missing
    report.counts[ENDED if end else "no longer listed"] = len(listed.missing)
    if end:
        with store.writing() as writer:
            session = Session(writer)
            listed.end_missing(session)
            report.profiles.update(session.finish())


def _importer(kind: str) -> FileImporter:
    return RECORD_IMPORTERS.get(kind) or source_importer(source_named(kind))


def _report_progress(on_progress: OnProgress | None, before: int, total: int, position: int) -> None:
    if on_progress:
        on_progress(before + position, total)
