"""Tables: rows of a file with commas or tabs, under a line of column names that need not be the first."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from matcher.foundations.errors import InvalidInput, Place
from matcher.sources.formats.containers import Stream

# Longest line read, and how far down the column names may stand.
_MAX_LINE: Final = 1_048_576
_HEADER_WITHIN: Final = 20


@dataclass(frozen=True)
class Row:
    """A row by its column names in small letters, empty cells left out; `problem` where it has too many cells."""

    line: int
    cells: dict[str, str]
    problem: InvalidInput | None = None


def read_table(stream: Stream, needed: tuple[str, ...]) -> Iterator[Row]:
    """Yield the rows below the line that names all `needed` columns, whatever their case and order.

    Raises:
        InvalidInput: there is no such line among the first 20, or a row cannot be read.

    """
    lines = _texts(stream)
    number, header, delimiter = _header(lines, needed, stream.name)
    reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL)
    try:
        for cells in reader:
            line = number + reader.line_num
            named = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if cell.strip() and name}
            if named:
                yield Row(line, named, _too_many(header, cells, Place(stream.name, line)))
    except csv.Error as error:
        place = Place(stream.name, number + reader.line_num)
        raise InvalidInput(f"is not a row of a table: {error}", remedy="Fetch the file again", place=place) from error


def _header(lines: Iterator[str], needed: tuple[str, ...], name: str) -> tuple[int, list[str], str]:
    for number, line in zip(range(1, _HEADER_WITHIN + 1), lines, strict=False):
        delimiter = "\t" if "\t" in line else ","
        names = [cell.strip().lower() for cell in next(csv.reader([line], delimiter=delimiter), [])]
        if set(needed) <= set(names):
            return number, names, delimiter
    raise InvalidInput(
        f"has no line with the columns {', '.join(needed)}",
        remedy="Give the file as it is published, with its column names",
        place=Place(file=name),
    )


def _texts(stream: Stream) -> Iterator[str]:
    """Yield the lines as text: UTF-8 or, where a line is not, as Windows writes Western European."""
    while line := stream.file.readline(_MAX_LINE):
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError:
            yield line.decode("cp1252", "replace")


def _too_many(header: list[str], cells: list[str], place: Place) -> InvalidInput | None:
    if len(cells) <= len(header) or not any(cell.strip() for cell in cells[len(header) :]):
        return None
    return InvalidInput("has more cells than columns", remedy="Quote a cell that has a comma", place=place)
