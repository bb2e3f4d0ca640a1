"""Worksheet: one sheet of a workbook, filled from the top, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

# Limits of Excel: rows of a sheet, characters of a cell, links of a sheet.
MAX_ROWS: Final = 1_048_576
_MAX_CELL: Final = 32_767
_MAX_LINKS: Final = 65_000


class Share(float):
    """A number between 0 and 1 that is shown in per cent."""


class Sheet:
    """A sheet with a frozen header and filters, filled from the top; what does not fit goes on in another."""

    def __init__(self, book: Any, name: str, columns: Mapping[str, int], formats: Mapping[str, Any], most: int) -> None:
        self._book, self._name, self._columns, self._formats, self._most = book, name, columns, formats, most
        self.names: list[str] = []
        self._begin()

    def _begin(self) -> None:
        self.name = self._name if not self.names else f"{self._name} {len(self.names) + 1}"
        self.names.append(self.name)
        self._sheet = self._book.add_worksheet(self.name)
        self._row, self._links = 1, 0
        for column, (heading, width) in enumerate(self._columns.items()):
            self._sheet.set_column(column, column, width)
            self._sheet.write_string(0, column, heading, self._formats["header"])
        self._sheet.freeze_panes(1, 1)

    def next(self) -> str:
        """Return a link to the row that is added next."""
        if self._row >= self._most:
            self.close()
            self._begin()
        return f"internal:'{self.name}'!A{self._row + 1}"

    def add(self, cells: Sequence[Any], links: Mapping[int, str] | None = None) -> str:
        """Add a row, with links by column; return a link to it."""
        link = self.next()
        for column, cell in enumerate(cells):
            self._write(column, cell, (links or {}).get(column))
        self._row += 1
        return link

    def close(self) -> None:
        """Set the filters over all rows."""
        self._sheet.autofilter(0, 0, max(self._row - 1, 1), len(self._columns) - 1)

    def _write(self, column: int, cell: Any, link: str | None) -> None:
        if isinstance(cell, int | float):
            self._sheet.write_number(self._row, column, cell, self._formats[number_form(cell)])
        elif link and self._links < _MAX_LINKS:
            self._links += 1
            self._sheet.write_url(self._row, column, link, self._formats["link"], short(str(cell)))
        elif cell:
            self._sheet.write_string(self._row, column, short(str(cell)), self._formats["text"])


def short(text: str) -> str:
    """Return `text` as long as a cell may be."""
    return text if len(text) <= _MAX_CELL else text[: _MAX_CELL - 2] + " …"


def number_form(number: float) -> str:
    """Return the name of the format that a number is written in."""
    return "share" if isinstance(number, Share) else "whole" if isinstance(number, int) else "number"
