"""Needs table: the needs in a CSV file or a workbook, read row by row from below the column names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.paths import display_path
from matcher.programme.needs import delimited
from matcher.programme.needs.columns import ColumnMap, map_columns, missing_headings
from matcher.programme.needs.conversion import Cell, CellWarning, NeedCells, read_cells
from matcher.programme.needs.delimited import DELIMITERS, EncodingCounts, TableRow
from matcher.programme.needs.workbooks import workbook
from matcher.programme.needs.workbooks.workbook import WorkbookFormat
from matcher.records import Need

_TOTAL: Final = re.compile(r"(?:grand |sub[- ]?|overall |sum )?totals?(?: value)?\s*:?", re.I)
# The start of a remark below or between the needs of a table.
_NOTE: Final = re.compile(
    r"(?:please )?note[s:]?\b|source:|key:|\*|last updated|disclaimer|end of (?:list|table)", re.I
)
# The number of rows searched for the column names, which may have titles and remarks above them.
_HEADER_WITHIN: Final = 20


@dataclass(frozen=True)
class AcceptedRow:
    """A row that holds a need.

    Attributes:
        row: the number of the row in the table, counting from 1.
        need: the need.
        warnings: the cells that were not read as they stand.

    """

    row: int
    need: Need
    warnings: tuple[CellWarning, ...] = ()


@dataclass(frozen=True)
class PassedOverRow:
    """A row that holds no need, such as a line of totals.

    Attributes:
        row: the number of the row in the table, counting from 1.
        reason: why the row is passed over.

    """

    row: int
    reason: str


@dataclass(frozen=True)
class RejectedRow:
    """A row that cannot be used.

    Attributes:
        row: the number of the row in the table, counting from 1.
        problem: what is wrong with the row.
        column: the heading of the column with the problem, or None if the problem concerns the whole row.
        cells: the cells of the mapped columns, by heading.

    """

    row: int
    problem: InvalidInput
    column: str | None
    cells: dict[str, str]


@dataclass(frozen=True)
class WorkbookSheet:
    """A sheet of a workbook."""

    format: WorkbookFormat
    name: str


@dataclass(frozen=True)
class NeedsTable:
    """A table whose columns are known.

    Attributes:
        path: the file.
        columns: the column that holds each field of a need.
        header_row: the number of the header row, counting from 1.
        sheet: the sheet of a workbook, or None for a CSV file.
        delimiter: the delimiter of a CSV file.
        encodings: the number of lines read in each encoding.

    """

    path: Path
    columns: ColumnMap
    header_row: int
    sheet: WorkbookSheet | None = None
    delimiter: str = ","
    encodings: EncodingCounts = field(default_factory=EncodingCounts, compare=False)

    @classmethod
    def open(cls, path: Path, chosen: Mapping[str, str] | None = None, sheet: str | None = None) -> NeedsTable:
        """Find the column names in the file at `path`.

        Args:
            chosen: headings by field, for columns whose headings are not among the usual ones.
            sheet: the sheet of a workbook. If None, the visible sheet with the most known columns is read.

        Raises:
            InvalidInput: the file cannot be read, is empty, or has no column names.

        """
        if (format := workbook.format_of(path)) is not None:
            with workbook.opened(path, format) as book:
                names = [sheet] if sheet else book.sheet_names()
                headers = [(name, *_header(book.rows(name), chosen)) for name in names]
            name, row, header = max(headers, key=lambda header: _score(header[2], chosen), default=("", 0, []))
            return cls(path, _columns(path, row, header, chosen), row, WorkbookSheet(format, name))
        delimiter = delimited.delimiter_of(path, lambda header: _score(header, chosen))
        row, header = _header(delimited.rows_of(path, delimiter, EncodingCounts()), chosen)
        return cls(path, _columns(path, row, header, chosen), row, delimiter=delimiter)

    @property
    def form(self) -> str:
        """How the file was read: the format and sheet of a workbook, or the encodings and delimiter of a CSV file.

        The encodings are known only once the file has been read.
        """
        if self.sheet is not None:
            return f"{self.sheet.format}, sheet “{self.sheet.name}”"
        return f"CSV, {self.encodings}, delimiter {DELIMITERS[self.delimiter]}"

    def rows(self) -> Iterator[AcceptedRow | PassedOverRow | RejectedRow]:
        """Yield each row below the column names. Only the ids read so far are held in memory."""
        first_row: dict[str, int] = {}
        for number, cells in self._raw_rows():
            if number <= self.header_row:
                continue
            try:
                if reason := self._no_need(cells):
                    yield PassedOverRow(number, reason)
                    continue
                read = self._read(number, cells)
                if read.passed_over:
                    yield PassedOverRow(number, read.passed_over)
                    continue
                need = read.to_need(number)
                if (first := first_row.setdefault(need.id, number)) != number:
                    raise _duplicate(need.id, first)
            except InvalidInput as problem:
                yield self._rejected(number, cells, problem)
            else:
                yield AcceptedRow(number, need, tuple(read.warnings))

    def _raw_rows(self) -> Iterator[TableRow]:
        if self.sheet is not None:
            with workbook.opened(self.path, self.sheet.format) as book:
                yield from book.rows(self.sheet.name)
        else:
            self.encodings.lines.clear()
            yield from delimited.rows_of(self.path, self.delimiter, self.encodings)

    def _no_need(self, cells: list[Cell] | InvalidInput) -> str | None:
        """Return why a row holds no need, if it is a line of totals, a note, or the column names again."""
        if isinstance(cells, InvalidInput):
            return None
        texts = [text for cell in cells if (text := _text(cell))]
        if texts and _TOTAL.fullmatch(texts[0]):
            return "it is a line of totals"
        by_field = {column.field: _text(_at(cells, column.position)) for column in self.columns.columns}
        if len(by_field) > 1 and all(
            text.casefold() == column.heading.strip().casefold()
            for column, text in zip(self.columns.columns, by_field.values(), strict=True)
        ):
            return "it repeats the column names"
        has_text = any(by_field.get(name) for name in ("title", "description"))
        if len(texts) == 1 and (not has_text or _NOTE.match(texts[0])):
            return "it is a note"
        return None

    def _read(self, number: int, cells: list[Cell] | InvalidInput) -> NeedCells:
        if isinstance(cells, InvalidInput):
            raise cells
        width = 1 + max(column.position for column in self.columns.columns)
        if self.sheet is None and len(cells) < width:
            problem = f"has {len(cells)} cells, but column {width} is needed"
            remedy = 'Put quotes around any cell that contains a line break or a delimiter ("like, this")'
            raise InvalidInput(problem, remedy=remedy)
        read = read_cells(
            {column.field: _at(cells, column.position) for column in self.columns.columns},
            number,
            {column.field: column.heading for column in self.columns.columns},
        )
        if "title" not in read.content and not read.passed_over:
            remedy = "Enter a title or a description. In a group of merged cells, only the first has a value"
            raise InvalidInput("is missing", remedy=remedy, place=Place(field="title"))
        return read

    def _rejected(self, number: int, cells: list[Cell] | InvalidInput, problem: InvalidInput) -> RejectedRow:
        place = Place(display_path(self.path), number, problem.place.field)
        heading = self.columns.heading(problem.place.field)
        values = [] if isinstance(cells, InvalidInput) else cells
        texts = {column.heading: _text(_at(values, column.position)) for column in self.columns.columns}
        return RejectedRow(number, InvalidInput(problem.problem, remedy=problem.remedy, place=place), heading, texts)


def _header(rows: Iterator[TableRow], chosen: Mapping[str, str] | None) -> tuple[int, list[str]]:
    """Find the header: the row with the most known columns among the first rows.

    Return its number and its cells, or (0, []) if there are no rows.
    """
    candidates = [
        (number, [_text(cell) for cell in cells])
        for number, cells in islice(rows, _HEADER_WITHIN)
        if not isinstance(cells, InvalidInput)
    ]
    return max(candidates, key=lambda candidate: _score(candidate[1], chosen), default=(0, []))


def _score(header: list[str], chosen: Mapping[str, str] | None) -> int:
    columns = map_columns(header, chosen)
    return 100 * columns.is_enough + len(columns.columns)


def _columns(path: Path, row: int, header: list[str], chosen: Mapping[str, str] | None) -> ColumnMap:
    if not row:
        raise _file_problem(path, "the file is empty", "Use a file with a row of column names and one need per row")
    named = ", ".join(repr(heading[:40]) for heading in header if heading)[:300]
    if missing := missing_headings(header, chosen or {}):
        problem = f"there is no column {missing[0]!r}; the columns are {named}"
        raise _file_problem(path, problem, "Correct the choice of columns", row)
    columns = map_columns(header, chosen)
    if not columns.is_enough:
        remedy = "Add a row of column names, or choose the columns: title=Column,description=Column"
        raise _file_problem(path, f"none of the columns is recognised as a title or description: {named}", remedy, row)
    return columns


def _at(cells: list[Cell], position: int) -> Cell:
    return cells[position] if position < len(cells) else None


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell).strip()


def _file_problem(path: Path, problem: str, remedy: str, row: int | None = None) -> InvalidInput:
    return InvalidInput(problem, remedy=remedy, place=Place(display_path(path), row))


def _duplicate(id: str, first: int) -> InvalidInput:
    remedy = "Keep one of the two rows, or give one of them another id"
    return InvalidInput(f"row {first} also has the id {id[:60]!r}", remedy=remedy, place=Place(field="id"))
