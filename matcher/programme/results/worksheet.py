"""Worksheet: one sheet of a workbook, defined by columns and written row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from matcher.foundations.spreadsheet_cells import escape_formula

R = TypeVar("R")

# Excel's limits: rows per sheet, characters per cell, links per sheet.
MAX_ROWS: Final = 1_048_576
_MAX_CELL: Final = 32_767
_MAX_LINKS: Final = 65_000


class Share(float):
    """A number from 0 to 1, displayed as a percentage."""


@dataclass(frozen=True)
class SheetColumn(Generic[R]):
    """A sheet column: its heading, its width in characters, and functions that take its value and link from a row.

    A value is text, a number, a `Share`, or None for an empty cell. Only text can have a link. If `link` returns
    None, the cell has no link.
    """

    heading: str
    width: int
    value: Callable[[R], Any]
    link: Callable[[R], str | None] = lambda _: None


@dataclass(frozen=True)
class SheetLayout(Generic[R]):
    """A kind of sheet: the name, the purpose, and the columns."""

    name: str
    purpose: str
    columns: tuple[SheetColumn[R], ...]


class Sheet(Generic[R]):
    """A sheet with a frozen header and filters. Rows that do not fit go to additional sheets, such as "Matches 2"."""

    def __init__(self, book: Any, layout: SheetLayout[R], formats: Mapping[str, Any], max_rows: int) -> None:
        self.layout = layout
        self._book, self._formats, self._max_rows = book, formats, max_rows
        self.names: list[str] = []
        self._start()

    def _start(self) -> None:
        self.name = self.layout.name if not self.names else f"{self.layout.name} {len(self.names) + 1}"
        self.names.append(self.name)
        self._sheet = self._book.add_worksheet(self.name)
        self._row, self._links = 1, 0
        for position, column in enumerate(self.layout.columns):
            self._sheet.set_column(position, position, column.width)
            self._sheet.write_string(0, position, column.heading, self._formats["header"])
        self._sheet.freeze_panes(1, 1)

    def next_link(self) -> str:
        """Return a link to the row that `add` will write next."""
        if self._row >= self._max_rows:
            self.close()
            self._start()
        return f"internal:'{self.name}'!A{self._row + 1}"

    def add(self, row: R) -> str:
        """Write `row`, and return a link to it."""
        link = self.next_link()
        for position, column in enumerate(self.layout.columns):
            self._write(position, column.value(row), column.link(row))
        self._row += 1
        return link

    def close(self) -> None:
        """Set filters that cover all rows."""
        self._sheet.autofilter(0, 0, max(self._row - 1, 1), len(self.layout.columns) - 1)

    def _write(self, position: int, cell: Any, link: str | None) -> None:
        if isinstance(cell, int | float):
            self._sheet.write_number(self._row, position, cell, self._formats[number_format(cell)])
        elif link and self._links < _MAX_LINKS:
            self._links += 1
            self._sheet.write_url(self._row, position, link, self._formats["link"], cell_text(str(cell)))
        elif cell:
            self._sheet.write_string(self._row, position, cell_text(str(cell)), self._formats["text"])


def cell_text(text: str) -> str:
    """Return `text` as the content of a cell: safe in a spreadsheet, and cut to what a cell can hold."""
    text = escape_formula(text)
    return text if len(text) <= _MAX_CELL else text[: _MAX_CELL - 2] + " …"


def number_format(number: float) -> str:
    """Return the name of the cell format for `number`."""
    return "share" if isinstance(number, Share) else "whole" if isinstance(number, int) else "number"
