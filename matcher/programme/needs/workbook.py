"""Sheets: the rows of an Excel workbook, one at a time. Formulas are never evaluated."""

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

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.paths import display_path
from matcher.programme.needs.conversion import Cell
from matcher.programme.needs.delimited import Row
from matcher.sources.formats.files import unreadable

ZIP: Final = b"PK\x03\x04"
# What Excel wrote before 2007, and what it writes with a password.
OLD_OR_LOCKED: Final = b"\xd0\xcf\x11\xe0"
# What a workbook may come to when it is unpacked, in bytes: 100,000 needs with 2,000 characters each take 250 MB.
_MAX_UNPACKED: Final = 1_500_000_000
_FORMULA: Final = re.compile(rb"<f[ >/]")
_PIECE: Final = 1_048_576
_AT_ONCE: Final = 500


def sheet_names(path: Path) -> list[str]:
    """Return the names of the sheets that can be seen.

    Raises:
        InvalidInput: it is no workbook that can be read.

    """
    with _opened(path, kept_values=True) as workbook:
        return [sheet.title for sheet in workbook.worksheets if sheet.sheet_state == "visible"]


def rows_of(path: Path, sheet: str) -> Iterator[Row]:
    """Yield the rows of a sheet that hold anything. A cell with a formula has the value that was kept with it, or
    the formula's text where none was kept; merged cells have their value in the first of them.

    Raises:
        InvalidInput: it is no workbook that can be read, or has no such sheet.

    """
    formulas = _has_formulas(path)
    with ExitStack() as stack:
        kept = stack.enter_context(_opened(path, kept_values=True))
        if sheet not in kept.sheetnames:
            problem = f"there is no sheet {sheet[:60]!r}"
            raise InvalidInput(
                problem, remedy=f"Use one of: {', '.join(kept.sheetnames)}", place=Place(display_path(path))
            )
        rows = _rows(path, kept[sheet])
        texts = _rows(path, stack.enter_context(_opened(path, kept_values=False))[sheet]) if formulas else rows
        paired = zip(rows, texts, strict=False) if formulas else ((row, row) for row in rows)
        for number, (values, written) in enumerate(paired, start=1):
            cells = _joined(values, written) if formulas else list(values)
            if any(cell is not None and str(cell).strip() for cell in cells):
                yield number, cells


def _joined(values: Sequence[Cell], written: Sequence[Any]) -> list[Cell]:
    """Return the kept values, and the text of a formula where there is none."""
    return [
        value if value is not None or text is None else str(getattr(text, "text", text))
        for value, text in zip(values, chain(written, [None] * len(values)), strict=False)
    ]


def _rows(path: Path, sheet: Any) -> Iterator[Sequence[Cell]]:
    sheet.reset_dimensions()  # some programs write wrong ones
    rows = sheet.iter_rows(values_only=True)
    while True:
        with _explained(path):
            batch = list(islice(rows, _AT_ONCE))
        if not batch:
            return
        yield from batch


@contextmanager
def _opened(path: Path, *, kept_values: bool) -> Iterator[Any]:
    from openpyxl import load_workbook

    with _explained(path):
        _check_size(path)
        workbook = load_workbook(path, read_only=True, data_only=kept_values, keep_links=False)
    with closing(workbook):
        yield workbook


def _check_size(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > _MAX_UNPACKED:
        raise InvalidInput(
            f"comes to {unpacked / 1e9:,.1f} GB when it is unpacked",
            remedy="Save the needs alone in a workbook of their own, or as CSV",
            place=Place(display_path(path)),
        )


def _has_formulas(path: Path) -> bool:
    with _explained(path), zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name)]
        for name in sheets:
            with archive.open(name) as file:
                tail = b""
                while piece := file.read(_PIECE):
                    if _FORMULA.search(tail + piece):
                        return True
                    tail = piece[-2:]
    return False


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn the many ways in which a damaged workbook shows itself into one error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts of Excel that openpyxl does not know, none of them cells
            yield
    except OSError as error:
        raise unreadable(path, error) from error
    except (zipfile.BadZipFile, ParseError, LookupError, ValueError, TypeError, AttributeError, EOFError) as error:
        raise InvalidInput(
            f"is not an Excel workbook that can be read: {' '.join(str(error).split())[:120]}",
            remedy="Open it in Excel and save it as an Excel workbook (.xlsx) without a password, or as CSV",
            place=Place(display_path(path)),
        ) from error
