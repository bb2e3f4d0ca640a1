"""Workbooks: the sheets and rows of Excel and OpenDocument files, within the limits of `formats/limits.py`.

The format of a file is detected from its content, not from its name.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from matcher.programme.needs.conversion import Cell
from matcher.programme.needs.delimited import TableRow, within_columns
from matcher.programme.needs.workbooks.errors import no_such_sheet, over_limit, unreadable_workbook
from matcher.sources.formats.files import unreadable
from matcher.sources.formats.limits import (
    MAX_CELLS,
    MAX_CHARACTERS,
    MAX_OTHER_PART,
    MAX_SHEET_PART,
    MAX_SHEETS,
    MAX_TABLE_ROWS,
    MAX_UNPACKED,
)

# The first bytes of a workbook: .xlsx and .ods are ZIP archives; .xls and password-protected files are OLE files.
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"
_CONTENT: Final = "content.xml"
# The beginnings of the names of the parts that hold rows and texts.
_SHEET_PARTS: Final = ("xl/worksheets/", "xl/sharedstrings", _CONTENT)
_XML: Final = (".xml", ".rels")


class WorkbookFormat(StrEnum):
    """A workbook format. The value is the name to display."""

    XLSX = "Excel"
    XLS = "Excel 97-2003"
    ODS = "OpenDocument"


class _Book(Protocol):
    names: list[str]
    visible: list[str]

    def rows(self, sheet: str) -> Iterator[tuple[int, list[Cell]]]: ...


class WorkbookReader:
    """Reads the sheets of an open workbook, within the limits."""

    def __init__(self, path: Path, book: _Book) -> None:
        self._path, self._book = path, book

    def sheet_names(self) -> list[str]:
        """Return the names of the visible sheets.

        Raises:
            InvalidInput: there are too many.

        """
        if len(self._book.visible) > MAX_SHEETS:
            raise over_limit(self._path, f"has more than {MAX_SHEETS:,} sheets")
        return self._book.visible

    def rows(self, sheet: str) -> Iterator[TableRow]:
        """Yield the rows of `sheet` that are not empty, with their row numbers, counting from 1.

        Raises:
            InvalidInput: the workbook cannot be read, has no such sheet, or exceeds a limit.

        """
        if sheet not in self._book.names:
            raise no_such_sheet(self._path, sheet, self._book.names)
        cells = characters = 0
        for count, (number, row) in enumerate(self._book.rows(sheet), start=1):
            if count > MAX_TABLE_ROWS:
                raise over_limit(self._path, f"has more than {MAX_TABLE_ROWS:,} rows")
            cells += len(row)
            if cells > MAX_CELLS:
                raise over_limit(self._path, f"holds more than {MAX_CELLS:,} cells", number)
            texts = [cell for cell in row if isinstance(cell, str)]
            characters += sum(map(len, texts))
            if characters > MAX_CHARACTERS:
                raise over_limit(self._path, f"holds more than {MAX_CHARACTERS:,} characters", number)
            if any(text.strip() for text in texts) or any(c is not None and not isinstance(c, str) for c in row):
                yield number, within_columns(row)


def format_of(path: Path) -> WorkbookFormat | None:
    """Return the format of the workbook at `path`, or None if the file is not a workbook.

    A damaged ZIP archive is treated as .xlsx, and a password-protected workbook as .xls. The reader for that format
    then reports the problem.

    Raises:
        InvalidInput: the file cannot be opened.

    """
    try:
        with path.open("rb") as file:
            start = file.read(len(_ZIP))
    except OSError as error:
        raise unreadable(path, error) from error
    if start != _ZIP:
        return WorkbookFormat.XLS if start == _OLE else None
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError):
        return WorkbookFormat.XLSX
    return WorkbookFormat.ODS if _CONTENT in names else WorkbookFormat.XLSX


@contextmanager
def opened(path: Path, format: WorkbookFormat) -> Iterator[WorkbookReader]:
    """Open the workbook at `path`.

    Raises:
        InvalidInput: the workbook cannot be read, or exceeds a limit.

    """
    if format is not WorkbookFormat.XLS:
        _check_unpacked_sizes(path, format)
    # Each library is imported only when a file needs it, because files are read in a process of their own.
    if format is WorkbookFormat.XLSX:
        from matcher.programme.needs.workbooks import xlsx

        with xlsx.opened(path) as excel:
            yield WorkbookReader(path, excel)
    else:
        from matcher.programme.needs.workbooks import calamine_rows

        with calamine_rows.opened(path, format.name.lower()) as book:
            yield WorkbookReader(path, book)


def _check_unpacked_sizes(path: Path, format: WorkbookFormat) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError) as error:
        raise unreadable_workbook(path, f"an {format} workbook", str(error)) from error
    if (unpacked := sum(member.file_size for member in members)) > MAX_UNPACKED:
        raise over_limit(path, f"comes to {unpacked / 1e9:,.1f} GB when it is unpacked")
    for member in members:
        name = member.filename.lower().lstrip("/")
        limit = MAX_SHEET_PART if name.startswith(_SHEET_PARTS) else MAX_OTHER_PART
        if name.endswith(_XML) and member.file_size > limit:
            problem = f"its part {name[:60]!r} comes to {member.file_size / 1e6:,.0f} MB when it is unpacked"
            raise over_limit(path, problem)
