"""Tables: the matches of a programme as JSON Lines, CSV and Parquet, written one need at a time.

Rows are written as they arrive, so memory use stays constant. A data frame would hold all matches in memory.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from matcher.foundations.spreadsheet_cells import escape_formula
from matcher.programme.results.exposure import size_name
from matcher.programme.results.pairs import Supplier
from matcher.records import Evidence, Match, Need, SearchResult

# One match as a row: its values by column name.
MatchRow = Mapping[str, Any]
_BATCH_ROWS: Final = 2_000


@dataclass(frozen=True)
class NeedResult:
    """A need with its search result.

    Attributes:
        number: the position of the need in the programme, counting from 0.
        need: the need.
        theme: the theme of the need, or "" if it has none.
        search: the result of the search for the need.
        suppliers: the suppliers shown for the need, in the order of the search result.

    """

    number: int
    need: Need
    theme: str
    search: SearchResult
    suppliers: tuple[Supplier, ...]

    @property
    def buyer(self) -> str:
        """The buyer's name, or "" if there is no buyer."""
        return self.need.buyer.name if self.need.buyer else ""

    @property
    def best(self) -> Match | None:
        """The best match, or None if no supplier is shown."""
        return next(iter(self.search.results), None)

    @cached_property
    def matches(self) -> list[SupplierMatch]:
        """The matches with their suppliers, best first."""
        return [SupplierMatch(self, *pair) for pair in zip(self.search.results, self.suppliers, strict=True)]

    @cached_property
    def rows(self) -> list[MatchRow]:
        """One row per match, best first."""
        return [{column.name: column.value(match) for column in COLUMNS} for match in self.matches]


@dataclass(frozen=True)
class SupplierMatch:
    """A match between a need and a supplier."""

    result: NeedResult
    match: Match
    supplier: Supplier

    @property
    def evidence(self) -> Evidence | None:
        """The strongest evidence, or None if there is none."""
        return next(iter(self.match.evidence), None)


@dataclass(frozen=True)
class MatchColumn:
    """A column of the match tables: its name, its type, and a function that takes its value from a match."""

    name: str
    type: pa.DataType
    value: Callable[[SupplierMatch], Any]


def reasons_of(match: Match) -> str:
    """Return the reasons of `match` in one line."""
    return "; ".join(match.reasons)


_TEXT, _NUMBER = pa.string(), pa.float64()
# The columns of the CSV and Parquet files, in order.
COLUMNS: Final = (
    MatchColumn("need_id", _TEXT, lambda m: m.result.need.id),
    MatchColumn("need_title", _TEXT, lambda m: m.result.need.title),
    MatchColumn("buyer", _TEXT, lambda m: m.result.buyer),
    MatchColumn("theme", _TEXT, lambda m: m.result.theme),
    MatchColumn("rank", pa.int32(), lambda m: m.match.rank),
    MatchColumn("profile_id", _TEXT, lambda m: m.match.profile_id),
    MatchColumn("name", _TEXT, lambda m: m.match.name),
    MatchColumn("sector", _TEXT, lambda m: m.match.sector.value),
    MatchColumn("size", _TEXT, lambda m: size_name(m.supplier.size)),
    MatchColumn("place", _TEXT, lambda m: m.match.place or ""),
    MatchColumn("website", _TEXT, lambda m: m.supplier.website or ""),
    MatchColumn("score", _NUMBER, lambda m: m.match.score),
    MatchColumn("probability", _NUMBER, lambda m: m.match.probability),
    MatchColumn("band", _TEXT, lambda m: m.match.band.value),
    MatchColumn("reasons", _TEXT, lambda m: reasons_of(m.match)),
    MatchColumn("evidence", _TEXT, lambda m: m.evidence.text if m.evidence else ""),
    MatchColumn("source", _TEXT, lambda m: m.evidence.source if m.evidence else ""),
    MatchColumn("contributions", _TEXT, lambda m: json.dumps(m.match.contributions)),
)
SCHEMA: Final = pa.schema([(column.name, column.type) for column in COLUMNS])


class ResultWriter(Protocol):
    """Writes the results of a programme, in the order of its needs."""

    def add(self, result: NeedResult) -> None:
        """Write one need's result."""


class JsonLinesWriter:
    """Writes one search result per line, in the format that a search returns."""

    def __init__(self, file: Any) -> None:
        self._file = file

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[ResultWriter]:
        """Write to `path`."""
        with path.open("w", encoding="utf-8", newline="\n") as file:
            yield cls(file)

    def add(self, result: NeedResult) -> None:
        """Write the search result."""
        self._file.write(result.search.model_dump_json(exclude_none=True) + "\n")


class CsvWriter:
    """Writes one match per row. Text that a spreadsheet would run as a formula gets a leading apostrophe."""

    def __init__(self, file: Any) -> None:
        self._write = csv.writer(file, lineterminator="\n").writerows

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[ResultWriter]:
        """Write to `path`, without a byte order mark: this file is for programs, and the workbook is for people."""
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(SCHEMA.names)
            yield cls(file)

    def add(self, result: NeedResult) -> None:
        """Write the matches."""
        self._write([escape_formula(value) for value in row.values()] for row in result.rows)


class ParquetWriter:
    """Writes one typed row per match. Holds a few thousand rows in memory."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer
        self._pending: list[MatchRow] = []

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[ResultWriter]:
        """Write to `path`."""
        with pq.ParquetWriter(path, SCHEMA) as writer:
            table = cls(writer)
            yield table
            table.flush()

    def add(self, result: NeedResult) -> None:
        """Add the matches to the pending rows, and write the pending rows once there are enough."""
        self._pending += result.rows
        if len(self._pending) >= _BATCH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write the pending rows. If there are none, write an empty table."""
        self._writer.write_table(pa.Table.from_pylist(self._pending, schema=SCHEMA))
        self._pending = []
