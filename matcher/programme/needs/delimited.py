"""Delimited files: reads a CSV file one row at a time, and detects the encoding and the delimiter."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.paths import display_path
from matcher.programme.needs.conversion import Cell
from matcher.sources.formats.containers import GZIP
from matcher.sources.formats.files import unreadable
from matcher.sources.formats.limits import MAX_CELL, MAX_COLUMNS, MAX_TABLE_LINE, MAX_TABLE_ROWS

# A table row: the number of its first line, counting from 1, and its cells or the reason why they cannot be read.
TableRow = tuple[int, list[Cell] | InvalidInput]

DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_UTF16: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# The number of bytes used to detect the encoding of a file, and the number of rows used to detect the delimiter.
_PROBE: Final = 65_536
_PROBED_ROWS: Final = 20


@dataclass
class EncodingCounts:
    """The number of lines read in each encoding."""

    lines: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        """Describe the counts: "UTF-8, but 12 lines Windows-1252"."""
        if not self.lines:
            return "UTF-8"
        (main, _), *others = self.lines.most_common()
        return ", ".join([main, *(f"but {count:,} line{'s' * (count > 1)} {name}" for name, count in others)])


def rows_of(path: Path, delimiter: str, encodings: EncodingCounts) -> Iterator[TableRow]:
    """Yield the non-empty rows of the CSV file at `path`, and update the line counts in `encodings`.

    Raises:
        InvalidInput: the file cannot be read, or has too many rows.

    """
    csv.field_size_limit(MAX_CELL)
    # Strict, because otherwise an unclosed quote would silently swallow the needs below it.
    reader = csv.reader(_lines(path, encodings), delimiter=delimiter, strict=True)
    for count in itertools.count(1):
        if count > MAX_TABLE_ROWS:
            problem = f"has more than {MAX_TABLE_ROWS:,} rows, including empty rows"
            raise InvalidInput(problem, remedy="Split it into several files", place=Place(display_path(path)))
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield start, _unreadable_row(path, start, error)
            continue
        if any(cell.strip() for cell in cells):
            yield start, within_columns(list(cells))


def within_columns(cells: list[Cell]) -> list[Cell] | InvalidInput:
    """Return the first `MAX_COLUMNS` of `cells`, or an error if any of the others is not empty."""
    if any(cell is not None and str(cell).strip() for cell in cells[MAX_COLUMNS:]):
        return InvalidInput(
            f"has cells beyond column {MAX_COLUMNS:,}", remedy="Delete the columns that do not describe needs"
        )
    return cells[:MAX_COLUMNS]


def delimiter_of(path: Path, score: Callable[[list[str]], int]) -> str:
    """Return the delimiter that gives one of the first rows the highest score. Ties go to the one with more columns."""
    best = (0, 1, ",")
    for delimiter in DELIMITERS:
        rows = [cells for _, cells in islice(rows_of(path, delimiter, EncodingCounts()), _PROBED_ROWS)]
        read = [[str(cell) for cell in cells] for cells in rows if not isinstance(cells, InvalidInput)]
        if read:
            candidate = (max(map(score, read)), max(map(len, read)), delimiter)
            best = max(best, candidate, key=lambda candidate: candidate[:2])
    return best[2]


def _lines(path: Path, encodings: EncodingCounts) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            start = file.read(_PROBE)
            file.seek(0)
            if start.startswith(GZIP):
                raise InvalidInput("is compressed", remedy="Unpack it first", place=Place())
            if wide := _utf16(start):
                yield from _wide_lines(file, wide, encodings)
            else:
                yield from _narrow_lines(file, encodings)
    except OSError as error:
        raise unreadable(path, error) from error
    except InvalidInput as error:
        place = Place(display_path(path), error.place.line)
        raise InvalidInput(error.problem, remedy=error.remedy, place=place) from error


def _wide_lines(file: io.BufferedReader, encoding: str, encodings: EncodingCounts) -> Iterator[str]:
    with io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="") as text:
        for number, line in enumerate(iter(lambda: text.readline(MAX_TABLE_LINE + 1), "")):
            encodings.lines["UTF-16"] += 1
            _check(line, number)
            yield line.removeprefix("\ufeff") if number == 0 else line


def _narrow_lines(file: io.BufferedReader, encodings: EncodingCounts) -> Iterator[str]:
    """Yield each line, decoded as UTF-8 or, if that fails, as Windows-1252. A combined file may contain both.

    A line may also end with only a carriage return, as in files from old programs.
    """
    for number, raw in enumerate(iter(lambda: file.readline(MAX_TABLE_LINE + 1), b"")):
        _check(raw, number)
        for line in (raw.removeprefix(codecs.BOM_UTF8) if number == 0 else raw).splitlines(keepends=True):
            text, name = _decoded(line)
            encodings.lines[name] += 1
            yield text


def _decoded(line: bytes) -> tuple[str, str]:
    try:
        return line.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace"), "Windows-1252"


def _check(line: str | bytes, number: int) -> None:
    if len(line) > MAX_TABLE_LINE:
        raise InvalidInput(
            f"is longer than {MAX_TABLE_LINE:,} characters",
            remedy="Use a CSV file with one need per row",
            place=Place(line=number + 1),
        )


def _utf16(start: bytes) -> str | None:
    if start[:2] in _UTF16:
        return _UTF16[start[:2]]
    # Without a byte order mark, look for zeros: in UTF-16, every other byte of English text is zero.
    if start[1::2].count(0) > len(start) * 0.3:
        return "utf-16-le"
    return "utf-16-be" if start[::2].count(0) > len(start) * 0.3 else None


def _unreadable_row(path: Path, line: int, error: csv.Error) -> InvalidInput:
    return InvalidInput(
        f"is not a row of a table: {error}",
        remedy=f'Close every quote, double each quote inside a cell (""), and keep cells under {MAX_CELL:,} characters',
        place=Place(display_path(path), line),
    )
