"""Importing: read files of records and files from public sources into the store, in one transaction per file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Final

from matcher.register.file_importers import (
    NEEDS,
    PROFILES,
    RECORD_IMPORTERS,
    FileImporter,
    ImportTask,
    OnError,
    source_importer,
)
from matcher.register.import_report import ImportReport
from matcher.sources.catalogue import FILE_SOURCES, source_named
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
    on_progress: OnProgress | None = None,
) -> ImportReport:
    """Import the files at `paths`, all of the same `kind`, into `store`, using one transaction per file.

    `kind` is one of `KINDS`. A path may be a folder of such files. Importing a file again changes nothing. `on_error`
    decides what happens if a line or part of a file cannot be used. "stop" raises an error and imports nothing from
    that file, but files already imported stay imported. "skip" leaves out the line or part and writes it to a new file
    in `rejects_folder` before the transaction is committed. For public sources, the rejects file lists the problems
    without the text. By default, notices are skipped, because their readers cannot correct them, and anything else
    stops.

    Raises:
        InvalidInput: a path or an entire file cannot be read or, with "stop", part of a file cannot be used.
        Unavailable: the store or the rejects file cannot be written.

    """
    importer = _importer(kind)
    files = find_files(paths, importer.endings)
    sizes = [file.stat().st_size for file in files]
    report = ImportReport()
    with RejectsFile(rejects_folder, kind) as rejects:
        for number, file in enumerate(files):
            on_position = partial(_report_progress, on_progress, sum(sizes[:number]), sum(sizes))
            with rejects.all_or_none(), store.writing() as writer:
                kept = rejects if (on_error or importer.on_error) == "skip" else None
                importer.run(ImportTask(file, writer, report, kept, on_position))
                rejects.flush()
            report.files += 1
            on_position(sizes[number])
        report.rejects_file = rejects.path
    return report


def _importer(kind: str) -> FileImporter:
    return RECORD_IMPORTERS.get(kind) or source_importer(source_named(kind))


def _report_progress(on_progress: OnProgress | None, before: int, total: int, position: int) -> None:
    if on_progress:
        on_progress(before + position, total)
