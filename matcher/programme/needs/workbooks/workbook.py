"""Workbooks: the sheets and rows of Excel and OpenDocument files.

The format of a file is detected from its content, not from its name.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

from matcher.programme.needs.delimited import TableRow
from matcher.programme.needs.workbooks import calamine_rows, xlsx
from matcher.sources.formats.files import unreadable

# The first bytes of a workbook: .xlsx and .ods are ZIP archives; .xls and password-protected files are OLE files.
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"


class WorkbookFormat(StrEnum):
    """A workbook format. The value is the name to display."""

    XLSX = "Excel"
    XLS = "Excel 97-2003"
    ODS = "OpenDocument"


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
    return WorkbookFormat.ODS if "content.xml" in names else WorkbookFormat.XLSX


def sheet_names(path: Path, format: WorkbookFormat) -> list[str]:
    """Return the names of the visible sheets.

    Raises:
        InvalidInput: the workbook cannot be read.

    """
    return xlsx.sheet_names(path) if format is WorkbookFormat.XLSX else calamine_rows.sheet_names(path)


def rows_of(path: Path, format: WorkbookFormat, sheet: str) -> Iterator[TableRow]:
    """Yield the non-empty rows of `sheet` with their row numbers, counting from 1.

    Raises:
        InvalidInput: the workbook cannot be read, or has no such sheet.

    """
    return xlsx.rows_of(path, sheet) if format is WorkbookFormat.XLSX else calamine_rows.rows_of(path, sheet)
