"""Needs table: needs in a CSV file or an Excel workbook, read row by row under its column names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.paths import display_path
from matcher.programme.needs import delimited, workbook
from matcher.programme.needs.columns import ColumnMap, map_columns, missing_headings
from matcher.programme.needs.conversion import Cell, need_content
from matcher.programme.needs.delimited import DELIMITERS, EncodingCounts, Row
from matcher.records import Need, parse
from matcher.sources.formats.files import unreadable

# How far down the column names may stand: titles and remarks come before them at times.
_HEADER_WITHIN: Final = 20


@dataclass(frozen=True)
class AcceptedRow:
    """A row that holds a need."""

    row: int
    need: Need


@dataclass(frozen=True)
class RejectedRow:
    """A row that cannot be used: why, the heading of the column, and its mapped cells by heading."""

    row: int
    problem: InvalidInput
    column: str | None
    cells: dict[str, str]


@dataclass(frozen=True)
class NeedsTable:
    """A table whose columns are known. `sheet` is that of a workbook, `delimiter` that of a CSV file."""

    path: Path
    columns: ColumnMap
    header_row: int
    sheet: str | None = None
    delimiter: str | None = None
    encodings: EncodingCounts = field(default_factory=EncodingCounts, compare=False)

    @classmethod
    def open(cls, path: Path, chosen: Mapping[str, str] | None = None, sheet: str | None = None) -> NeedsTable:
        """Find the column names of the file at `path`, in a workbook those of `sheet` or of the sheet that has most.

        Raises:
            InvalidInput: the file cannot be read, is empty, or its column names cannot be found.

        """
        start = _start(path)
        if start.startswith(workbook.OLD_OR_LOCKED):
            problem = "is a workbook with a password, or of Excel before 2007"
            raise _whole(path, problem, "Save it as an Excel workbook (.xlsx) without a password, or as CSV")
        if start.startswith(workbook.ZIP):
            names = [sheet] if sheet else workbook.sheet_names(path)
            found = [(name, *_header(workbook.rows_of(path, name), chosen)) for name in names]
            name, row, header = max(found, key=lambda one: _score(one[2], chosen), default=("", 0, []))
            return cls(path, _checked(path, row, header, chosen), row, sheet=name)
        delimiter = delimited.delimiter_of(path, lambda header: _score(header, chosen))
        row, header = _header(delimited.rows_of(path, delimiter, EncodingCounts()), chosen)
        return cls(path, _checked(path, row, header, chosen), row, delimiter=delimiter)

    @property
    def form(self) -> str:
        """How the file was read: the sheet, or the encoding (once it was read) and the delimiter."""
        if self.sheet is not None:
            return f"Excel, sheet “{self.sheet}”"
        return f"CSV, {self.encodings}, delimiter {DELIMITERS[self.delimiter or ',']}"

    def rows(self) -> Iterator[AcceptedRow | RejectedRow]:
        """Yield what each row below the column names holds, in constant memory but for the ids met."""
        first_row: dict[str, int] = {}
        for number, cells in self._raw():
            if number <= self.header_row:
                continue
            try:
                need = self._need(number, cells)
                if (first := first_row.setdefault(need.id, number)) != number:
                    raise _duplicate(need.id, first)
            except InvalidInput as problem:
                yield self._refused(number, cells, problem)
            else:
                yield AcceptedRow(number, need)

    def _raw(self) -> Iterator[Row]:
        if self.sheet is not None:
            return workbook.rows_of(self.path, self.sheet)
        self.encodings.lines.clear()
        return delimited.rows_of(self.path, self.delimiter or ",", self.encodings)

    def _need(self, number: int, cells: list[Cell] | InvalidInput) -> Need:
        if isinstance(cells, InvalidInput):
            raise cells
        width = 1 + max(column.position for column in self.columns.columns)
        if self.sheet is None and len(cells) < width:
            problem = f"has {len(cells)} cells, and column {width} is read"
            raise InvalidInput(problem, remedy='Quote a cell that has a line break or a delimiter ("like, this")')
        content = need_content({column.field: _at(cells, column.position) for column in self.columns.columns}, number)
        if "title" not in content:
            remedy = "Give a title or a description; of merged cells only the first has the value"
            raise InvalidInput("is missing", remedy=remedy, place=Place(field="title"))
        return parse(Need, content)

    def _refused(self, number: int, cells: list[Cell] | InvalidInput, problem: InvalidInput) -> RejectedRow:
        place = Place(display_path(self.path), number, problem.place.field)
        heading = self.columns.heading(problem.place.field)
        kept = [] if isinstance(cells, InvalidInput) else cells
        told = {c.heading: _text(_at(kept, c.position)) for c in self.columns.columns}
        return RejectedRow(number, InvalidInput(problem.problem, remedy=problem.remedy, place=place), heading, told)


def _header(rows: Iterator[Row], chosen: Mapping[str, str] | None) -> tuple[int, list[str]]:
    """Return the row among the first that names most columns, and its headings; (0, []) where there is no row."""
    candidates = [
        (number, [_text(cell) for cell in cells])
        for number, cells in islice(rows, _HEADER_WITHIN)
        if not isinstance(cells, InvalidInput)
    ]
    return max(candidates, key=lambda one: _score(one[1], chosen), default=(0, []))


def _score(header: list[str], chosen: Mapping[str, str] | None) -> int:
    found = map_columns(header, chosen)
    return 100 * found.is_enough + len(found.columns)


def _checked(path: Path, row: int, header: list[str], chosen: Mapping[str, str] | None) -> ColumnMap:
    if not row:
        raise _whole(path, "there is nothing in it", "Give a file with a row of column names and a need a row")
    named = ", ".join(repr(heading[:40]) for heading in header if heading)[:300]
    if absent := missing_headings(header, chosen or {}):
        raise _whole(
            path, f"there is no column {absent[0]!r}; the columns are {named}", "Correct the choice of columns", row
        )
    found = map_columns(header, chosen)
    if not found.is_enough:
        remedy = "Name the row of columns, or choose which is which: title=Column,description=Column"
        raise _whole(path, f"no column is known as title or description among {named}", remedy, row)
    return found


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(8)
    except OSError as error:
        raise unreadable(path, error) from error


def _at(cells: list[Cell], position: int) -> Cell:
    return cells[position] if position < len(cells) else None


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell).strip()


def _whole(path: Path, problem: str, remedy: str, row: int | None = None) -> InvalidInput:
    return InvalidInput(problem, remedy=remedy, place=Place(display_path(path), row))


def _duplicate(id: str, first: int) -> InvalidInput:
    remedy = "Keep one of the two rows, or give one of them another id"
    return InvalidInput(f"{id[:60]!r} is the id of row {first} too", remedy=remedy, place=Place(field="id"))
