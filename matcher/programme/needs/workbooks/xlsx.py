"""Excel workbooks (.xlsx), read row by row with openpyxl. Formulas are never evaluated."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final
from xml.etree.ElementTree import Element, ParseError

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import DATA_TAG, FORMULA_TAG, ROW_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from matcher.foundations.errors import InvalidInput
from matcher.programme.needs.conversion import Cell
from matcher.programme.needs.workbooks.errors import over_limit, unreadable_workbook
from matcher.sources.formats.files import unreadable
from matcher.sources.formats.limits import MAX_CELLS, MAX_COLUMNS, MAX_SHARED_STRINGS, MAX_TABLE_ROWS

_STRING_TAG, _RUN_TAG, _TEXT_TAG = (f"{{{SHEET_MAIN_NS}}}{name}" for name in ("si", "r", "t"))
# Excel writes this before text that looks like the code of a character.
_ESCAPE: Final = "x005F_"


class ExcelBook:
    """An open workbook. `names` are the names of all its sheets, and `visible` those that are not hidden."""

    def __init__(self, path: Path, reader: Any) -> None:
        self._path, self._reader = path, reader
        sheets = [(sheet, link) for sheet, link in reader.parser.find_sheets() if "worksheet" in link.Type]
        self._parts = {sheet.name: link.target for sheet, link in sheets}
        self.names = list(self._parts)
        self.visible = [sheet.name for sheet, _ in sheets if sheet.state == "visible"]

    def rows(self, sheet: str) -> Iterator[tuple[int, list[Cell]]]:
        """Yield the rows of `sheet` with their numbers. Rows that the file leaves out are not yielded.

        The value of a cell with a formula is the saved value or, if no value is saved, the text of the formula. If
        cells are merged, only the first has a value.

        Raises:
            InvalidInput: the sheet cannot be read, or exceeds a limit.

        """
        with _errors_explained(self._path), self._reader.archive.open(self._parts[sheet]) as file:
            yield from _SheetParser(self._path, file, self._reader).rows()


@contextmanager
def opened(path: Path) -> Iterator[ExcelBook]:
    """Open the workbook at `path`.

    Raises:
        InvalidInput: the workbook cannot be read, or exceeds a limit.

    """
    # Pass an open file, because openpyxl refuses a path that does not end in .xlsx.
    with path.open("rb") as file, _errors_explained(path):
        reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
        reader.read_manifest()
        reader.shared_strings = _shared_strings(path, reader)
        reader.read_workbook()
        apply_stylesheet(reader.archive, reader.wb)
        book = ExcelBook(path, reader)
        yield book


class _SheetParser(WorkSheetParser):  # type: ignore[misc]
    """Reads only the rows of a sheet, and takes the text of a formula if no value is saved."""

    def __init__(self, path: Path, file: IO[bytes], reader: Any) -> None:
        book = reader.wb
        super().__init__(
            file,
            reader.shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        self._path, self._count = path, 0
        self.row_counter: int

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        for _, element in iterparse(self.source):
            if element.tag == ROW_TAG:
                row = self._row(element)
                element.clear()
                yield row
            elif element.tag == DATA_TAG:
                return

    def _row(self, element: Element) -> tuple[int, list[Cell]]:
        self.row_counter, self.col_counter = int(element.get("r") or self.row_counter + 1), 0
        if self.row_counter > MAX_TABLE_ROWS:
            raise over_limit(self._path, f"has a row numbered {self.row_counter:,}; the highest is {MAX_TABLE_ROWS:,}")
        self._count += len(element)
        if self._count > MAX_CELLS:
            raise over_limit(self._path, f"holds more than {MAX_CELLS:,} cells", self.row_counter)
        cells: list[Cell] = []
        for child in element:
            column, value = self._cell(child)
            if value is None:
                continue
            if column > MAX_COLUMNS:
                problem = f"has a cell in column {column:,}, but at most {MAX_COLUMNS:,} columns are read"
                raise over_limit(self._path, problem, self.row_counter)
            cells += [None] * (column - len(cells))
            cells[column - 1] = value
        return self.row_counter, cells

    def _cell(self, element: Element) -> tuple[int, Cell]:
        cell = self.parse_cell(element)
        value = cell["value"]
        if value is None and (formula := element.findtext(FORMULA_TAG)):
            value = f"={formula}"
        return cell["column"], value


def _shared_strings(path: Path, reader: Any) -> list[str]:
    """Return the texts that the cells of all sheets refer to by position."""
    part = reader.package.find(SHARED_STRINGS)
    strings: list[str] = []
    if part is None:
        return strings
    with reader.archive.open(part.PartName[1:]) as file:
        for _, element in iterparse(file):
            if element.tag == _STRING_TAG:
                if len(strings) == MAX_SHARED_STRINGS:
                    raise over_limit(path, f"holds more than {MAX_SHARED_STRINGS:,} different texts")
                strings.append(_text(element).replace(_ESCAPE, ""))
                element.clear()
    return strings


def _text(element: Element) -> str:
    """Return the text of a shared string: its own, or that of its runs. Phonetic text is left out."""
    runs = [run for run in element if run.tag == _RUN_TAG]
    return "".join(text.text or "" for part in (element, *runs) for text in part.findall(_TEXT_TAG))


@contextmanager
def _errors_explained(path: Path) -> Iterator[None]:
    """Turn the many kinds of error that a damaged workbook can cause into `InvalidInput`."""
    try:
        with warnings.catch_warnings():
            # The warnings are about parts of a workbook that openpyxl does not support, never about cells.
            warnings.simplefilter("ignore")
            yield
    except InvalidInput:
        raise
    except OSError as error:
        raise unreadable(path, error) from error
    except (
        zipfile.BadZipFile, ParseError, LookupError, ValueError, TypeError, AttributeError, EOFError, RuntimeError,
        NotImplementedError,
    ) as error:  # fmt: skip
        raise unreadable_workbook(path, "an Excel workbook", str(error)) from error
