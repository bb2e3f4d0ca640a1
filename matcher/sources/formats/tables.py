"""Tables: the rows in a comma- or tab-separated file. The column names need not be on the first line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from matcher.foundations.errors import InvalidInput, Place
from matcher.sources.formats.containers import Stream
from matcher.sources.formats.limits import MAX_LINE

# Number of lines at the top of the file that are searched for the column names.
_HEADER_WITHIN: Final = 20


@dataclass(frozen=True)
class TableRow:
    """The non-empty cells in a row, by lower-case column name. A row with too many cells has a `problem`."""

    line: int
    cells: dict[str, str]
    problem: InvalidInput | None = None


def read_table(stream: Stream, required: tuple[str, ...]) -> Iterator[TableRow]:
    """Yield the rows below the header: the first line that has all `required` column names, in any case and order.

    Raises:
        InvalidInput: none of the first 20 lines has the required column names, or a row cannot be read.

    """
    lines = _decoded_lines(stream)
    number, header, delimiter = _header(lines, required, stream.name)
    reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL)
    try:
        for cells in reader:
            line = number + reader.line_num
            named = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if cell.strip() and name}
            if named:
                yield TableRow(line, named, _too_many(header, cells, Place(stream.name, line)))
    except csv.Error as error:
        place = Place(stream.name, number + reader.line_num)
        raise InvalidInput(
            f"is not a row of a table: {error}", remedy="Download the file again", place=place
        ) from error


def read_unheaded(stream: Stream) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of each row of a comma-separated file that has no column names.

    Raises:
        InvalidInput: a row cannot be read.

    """
    reader = csv.reader(_decoded_lines(stream))
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        place = Place(stream.name, reader.line_num)
        raise InvalidInput(
            f"is not a row of a table: {error}", remedy="Download the file again", place=place
        ) from error


def first_cells(stream: Stream) -> list[str]:
    """Return the cells of the first line of a comma-separated file, without reading on."""
    line = stream.file.peek(1).split(b"\n", 1)[0].decode("utf-8", "replace")
    try:
        return [cell.strip() for cell in next(csv.reader([line]), [])]
    except csv.Error:
        return []


def _header(lines: Iterator[str], required: tuple[str, ...], name: str) -> tuple[int, list[str], str]:
    """Return the line number of the header, the column names in lower case, and the delimiter."""
    for number, line in zip(range(1, _HEADER_WITHIN + 1), lines, strict=False):
        delimiter = "\t" if "\t" in line else ","
        names = [cell.strip().lower() for cell in next(csv.reader([line], delimiter=delimiter), [])]
        if set(required) <= set(names):
            return number, names, delimiter
    raise InvalidInput(
        f"has no line with the columns {', '.join(required)}",
        remedy="Use the file as published, including its column names",
        place=Place(file=name),
    )


def _decoded_lines(stream: Stream) -> Iterator[str]:
    """Yield each line decoded as UTF-8 or, if that fails, as Windows-1252.

    Raises:
        InvalidInput: a line is too long.

    """
    for number, line in enumerate(iter(lambda: stream.file.readline(MAX_LINE + 1), b""), start=1):
        if len(line) > MAX_LINE:
            problem = f"is longer than {MAX_LINE:,} bytes"
            raise InvalidInput(problem, remedy="Download the file again", place=Place(stream.name, number))
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError:
            yield line.decode("cp1252", "replace")


def _too_many(header: list[str], cells: list[str], place: Place) -> InvalidInput | None:
    if len(cells) <= len(header) or not any(cell.strip() for cell in cells[len(header) :]):
        return None
    return InvalidInput("has more cells than columns", remedy="Put quotes around any cell with a comma", place=place)
