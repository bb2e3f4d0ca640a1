"""Pairs: each need paired with each supplier shown for it, which can be read by need or by supplier.

The pairs are stored in a temporary SQLite file, which also groups and sorts them, so that 100,000 needs with 100
suppliers each use disk space rather than memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from matcher.records import Profile, Sector, Size, size_of, supplier_kind
from matcher.records.policy import Band

if TYPE_CHECKING:
    import pandas as pd

_SCHEMA: Final = """
CREATE TABLE supplier (id TEXT PRIMARY KEY, name TEXT, sector TEXT, size TEXT, website TEXT, postcode TEXT);
CREATE TABLE need (number INTEGER PRIMARY KEY, id TEXT, title TEXT);
CREATE TABLE pair (need INTEGER, supplier TEXT, rank INTEGER, probability REAL, band TEXT);
"""


@dataclass(frozen=True)
class Supplier:
    """The details of a supplier that the tables show."""

    id: str
    name: str
    sector: Sector
    size: Size | None
    website: str | None = None
    postcode: str | None = None

    @classmethod
    def of(cls, profile: Profile) -> Self:
        """Return the details of the supplier that `profile` describes."""
        kind, size = supplier_kind(profile), size_of(profile)
        return cls(profile.id, profile.name, kind, size, profile.website, profile.postcode)


@dataclass(frozen=True)
class MatchedNeed:
    """A need for which a supplier is shown. `number` counts from 0, and `rank` is the rank of the supplier."""

    number: int
    need_id: str
    title: str
    rank: int
    probability: float
    band: Band


@dataclass(frozen=True)
class SupplierDemand:
    """A supplier, with the number of needs for which it is ranked first and the number for which it is shown."""

    supplier: Supplier
    first: int
    shown: int


class Pairs:
    """The pairs of one programme. Not safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        # The file is temporary, so it need not survive a crash.
        self._db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;" + _SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._db.close()

    def add_supplier(self, supplier: Supplier) -> None:
        """Add a supplier, unless it was added before."""
        size = supplier.size.value if supplier.size else None
        row = (supplier.id, supplier.name, supplier.sector.value, size, supplier.website, supplier.postcode)
        self._db.execute("INSERT OR IGNORE INTO supplier VALUES (?, ?, ?, ?, ?, ?)", row)

    def add(self, number: int, need_id: str, title: str, matches: Iterable[tuple[str, int, float, Band]]) -> None:
        """Add a need and its matches, each as (supplier id, rank, probability, band)."""
        self._db.execute("INSERT INTO need VALUES (?, ?, ?)", (number, need_id, title))
        rows = [(number, supplier, rank, probability, band.value) for supplier, rank, probability, band in matches]
        self._db.executemany("INSERT INTO pair VALUES (?, ?, ?, ?, ?)", rows)

    def suppliers(self) -> int:
        """Return the number of suppliers."""
        return int(self._db.execute("SELECT count(*) FROM supplier").fetchone()[0])

    def supplier(self, id: str) -> Supplier:
        """Return the supplier with `id`, which must have been added before."""
        return _supplier(self._db.execute("SELECT * FROM supplier WHERE id = ?", (id,)).fetchone())

    def need(self, number: int) -> tuple[str, str]:
        """Return the id and the title of need `number`."""
        id, title = self._db.execute("SELECT id, title FROM need WHERE number = ?", (number,)).fetchone()
        return str(id), str(title)

    def by_supplier(self) -> Iterator[tuple[Supplier, MatchedNeed]]:
        """Yield each pair of a supplier and a need, by supplier id, and most probable first for each supplier."""
        query = """SELECT s.*, n.number, n.id, n.title, p.rank, p.probability, p.band
                   FROM pair p JOIN supplier s ON s.id = p.supplier JOIN need n ON n.number = p.need
                   ORDER BY s.id, p.probability DESC, n.id"""
        for row in self._db.execute(query):
            number, need_id, title, rank, probability, band = row[6:]
            yield _supplier(row[:6]), MatchedNeed(number, need_id, title, rank, probability, Band(band))

    def in_demand(self, limit: int) -> list[SupplierDemand]:
        """Return up to `limit` suppliers, most in demand first.

        The suppliers are sorted by the number of needs for which they are ranked first, then by the number of needs for
        which they are shown, then by id.
        """
        query = """SELECT s.*, sum(p.rank = 1) AS first, count(*) AS shown
                   FROM pair p JOIN supplier s ON s.id = p.supplier GROUP BY s.id
                   ORDER BY first DESC, shown DESC, s.id LIMIT ?"""
        return [SupplierDemand(_supplier(row[:6]), *row[6:]) for row in self._db.execute(query, (limit,))]

    def frame(self) -> pd.DataFrame:
        """Return all pairs, sorted by need number and rank.

        The columns are need, supplier (an id), rank and probability.
        """
        import pandas as pd

        return pd.read_sql_query("SELECT need, supplier, rank, probability FROM pair ORDER BY need, rank", self._db)


def _supplier(row: tuple[str, str, str, str | None, str | None, str | None]) -> Supplier:
    id, name, sector, size, website, postcode = row
    return Supplier(id, name, Sector(sector), Size(size) if size else None, website, postcode)
