"""Rows of Excel workbooks (.xlsx), read one at a time with openpyxl. Formulas are never evaluated."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from matcher.programme.needs.conversion import Cell
from matcher.programme.needs.delimited import TableRow
from matcher.programme.needs.workbooks.errors import check_unpacked_size, no_such_sheet, unreadable_workbook
from matcher.sources.formats.files import unreadable

_FORMULA: Final = re.compile(rb"<f[ >/]")
_READ_BYTES: Final = 1_048_576
_BATCH_ROWS: Final = 500


def sheet_names(path: Path) -> list[str]:
    """Return the names of the visible sheets.

    Raises:
        InvalidInput: the workbook cannot be read.

    """
    with _opened(path, cached_values=True) as workbook:
        return [sheet.title for sheet in workbook.worksheets if sheet.sheet_state == "visible"]


def rows_of(path: Path, sheet: str) -> Iterator[TableRow]:
    """Yield the non-empty rows of `sheet`.

    The value of a cell with a formula is the saved value or, if no value is saved, the text of the formula. If cells
    are merged, only the first has a value.

    Raises:
        InvalidInput: the workbook cannot be read, or has no such sheet.

    """
    formulas = _has_formulas(path)
    with ExitStack() as stack:
        workbook = stack.enter_context(_opened(path, cached_values=True))
        if sheet not in workbook.sheetnames:
            raise no_such_sheet(path, sheet, workbook.sheetnames)
        rows = _rows(path, workbook[sheet])
        texts = _rows(path, stack.enter_context(_opened(path, cached_values=False))[sheet]) if formulas else rows
        paired = zip(rows, texts, strict=False) if formulas else ((row, row) for row in rows)
        for number, (values, written) in enumerate(paired, start=1):
            cells = _joined(values, written) if formulas else list(values)
            if any(cell is not None and str(cell).strip() for cell in cells):
                yield number, cells


def _joined(values: Sequence[Cell], written: Sequence[Any]) -> list[Cell]:
    """Return the saved values. For a formula without a saved value, return the text of the formula."""
    return [
        value if value is not None or text is None else str(getattr(text, "text", text))
        for value, text in zip(values, chain(written, [None] * len(values)), strict=False)
    ]


def _rows(path: Path, sheet: Any) -> Iterator[Sequence[Cell]]:
    sheet.reset_dimensions()  # some programs write wrong dimensions
    rows = sheet.iter_rows(values_only=True)
    while True:
        with _errors_explained(path):
            batch = list(islice(rows, _BATCH_ROWS))
        if not batch:
            return
        yield from batch


@contextmanager
def _opened(path: Path, *, cached_values: bool) -> Iterator[Any]:
    from openpyxl import load_workbook

    with ExitStack() as stack:
        with _errors_explained(path):
            check_unpacked_size(path)
            # Pass an open file, because openpyxl refuses a path that does not end in .xlsx.
            file = stack.enter_context(path.open("rb"))
            workbook = load_workbook(file, read_only=True, data_only=cached_values, keep_links=False)
        yield stack.enter_context(closing(workbook))


def _has_formulas(path: Path) -> bool:
    with _errors_explained(path), zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name)]
        for name in sheets:
            with archive.open(name) as file:
                tail = b""
                while piece := file.read(_READ_BYTES):
                    if _FORMULA.search(tail + piece):
                        return True
                    tail = piece[-2:]
    return False


@contextmanager
def _errors_explained(path: Path) -> Iterator[None]:
    """Turn the many kinds of error that a damaged workbook can cause into `InvalidInput`."""
    try:
        with warnings.catch_warnings():
            # The warnings are about parts of a workbook that openpyxl does not support, never about cells.
            warnings.simplefilter("ignore")
            yield
    except OSError as error:
        raise unreadable(path, error) from error
    except (zipfile.BadZipFile, ParseError, LookupError, ValueError, TypeError, AttributeError, EOFError) as error:
        raise unreadable_workbook(path, "an Excel workbook", str(error)) from error
