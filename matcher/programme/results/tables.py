"""Results: the matches of a programme as JSON Lines, CSV and Parquet, written as they come."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
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
from matcher.records import Match, Need, SearchResult
from matcher.scoring.model import BASE

# Columns of the tables, in order; all but the numbers are text.
COLUMNS: Final = pa.schema(
    [
        ("need_id", pa.string()),
        ("need_title", pa.string()),
        ("buyer", pa.string()),
        ("theme", pa.string()),
        ("rank", pa.int32()),
        ("profile_id", pa.string()),
        ("name", pa.string()),
        ("sector", pa.string()),
        ("size", pa.string()),
        ("website", pa.string()),
        ("score", pa.float64()),
        ("probability", pa.float64()),
        ("band", pa.string()),
        ("reasons", pa.string()),
        ("evidence", pa.string()),
        ("source", pa.string()),
        ("contributions", pa.string()),
    ]
)
Row = Mapping[str, Any]
_REASONS: Final = 3
_BATCH: Final = 2_000


@dataclass(frozen=True)
class NeedResult:
    """A need with its answer and the suppliers shown, in the order of the answer; `number` counts from 0."""

    number: int
    need: Need
    theme: str
    result: SearchResult
    suppliers: tuple[Supplier, ...]

    @property
    def buyer(self) -> str:
        """The buyer's name, or nothing."""
        return self.need.buyer.name if self.need.buyer else ""

    @cached_property
    def rows(self) -> list[Row]:
        """A row a match."""
        return [self._row(match, one) for match, one in zip(self.result.results, self.suppliers, strict=True)]

    def _row(self, match: Match, supplier: Supplier) -> Row:
        quote = match.evidence[0] if match.evidence else None
        return {
            "need_id": self.need.id,
            "need_title": self.need.title,
            "buyer": self.buyer,
            "theme": self.theme,
            "rank": match.rank,
            "profile_id": match.profile_id,
            "name": match.name,
            "sector": match.sector.value,
            "size": size_name(supplier.size),
            "website": supplier.website or "",
            "score": match.score,
            "probability": match.probability,
            "band": match.band.value,
            "reasons": reasons_of(match),
            "evidence": quote.text if quote else "",
            "source": quote.source if quote else "",
            "contributions": json.dumps(match.contributions),
        }


def reasons_of(match: Match) -> str:
    """Return the parts that added most to the score, in words: "meaning +2.31, capacity +0.80"."""
    parts = [(name, value) for name, value in match.contributions.items() if name != BASE and value]
    largest = sorted(parts, key=lambda part: -abs(part[1]))[:_REASONS]
    return ", ".join(f"{name.replace('_', ' ')} {value:+.2f}" for name, value in largest)


class ResultWriter(Protocol):
    """Takes the answers of a programme, in the order of its needs."""

    def add(self, answered: NeedResult) -> None:
        """Write one."""


class JsonLinesWriter:
    """An answer a line, as a search gives it."""

    def __init__(self, file: Any) -> None:
        self._file = file

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[ResultWriter]:
        """Write to `path`."""
        with path.open("w", encoding="utf-8", newline="\n") as file:
            yield cls(file)

    def add(self, answered: NeedResult) -> None:
        """Write an answer."""
        self._file.write(answered.result.model_dump_json(exclude_none=True) + "\n")


class CsvWriter:
    """A match a row; what a spreadsheet would run is led by an apostrophe."""

    def __init__(self, file: Any) -> None:
        self._write = csv.writer(file, lineterminator="\n").writerows

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[ResultWriter]:
        """Write to `path`, for programs to read: without a byte order mark. For people there is the workbook."""
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(COLUMNS.names)
            yield cls(file)

    def add(self, answered: NeedResult) -> None:
        """Write the matches of an answer."""
        self._write([escape_formula(row[name]) for name in COLUMNS.names] for row in answered.rows)


class ParquetWriter:
    """A match a row, typed; a few thousand rows are held at a time."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer
        self._waiting: list[Row] = []

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[ResultWriter]:
        """Write to `path`."""
        with pq.ParquetWriter(path, COLUMNS) as writer:
            table = cls(writer)
            yield table
            table.flush()

    def add(self, answered: NeedResult) -> None:
        """Write the matches of an answer, once there are enough."""
        self._waiting += answered.rows
        if len(self._waiting) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what waits, an empty table at least."""
        self._writer.write_table(pa.Table.from_pylist(_plain(self._waiting), schema=COLUMNS))
        self._waiting = []


def _plain(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [dict(row) for row in rows]
