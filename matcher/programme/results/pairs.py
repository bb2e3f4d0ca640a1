"""Pairs: every need with every partner shown for it, to be asked from either side.

They are kept in a temporary SQLite file, so that 100,000 needs with 100 partners each take disk, not memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from matcher.records import Profile, Sector, Size
from matcher.records.policy import Band

_SCHEMA: Final = """
CREATE TABLE supplier (id TEXT PRIMARY KEY, name TEXT, sector TEXT, size TEXT, website TEXT, postcode TEXT);
CREATE TABLE need (number INTEGER PRIMARY KEY, id TEXT, title TEXT);
CREATE TABLE pair (need INTEGER, supplier TEXT, rank INTEGER, probability REAL, band TEXT);
"""


@dataclass(frozen=True)
class Supplier:
    """What a table says of a supplier."""

    id: str
    name: str
    sector: Sector
    size: Size | None
    website: str | None = None
    postcode: str | None = None

    @classmethod
    def of(cls, profile: Profile, size: Size | None) -> Self:
        """Return what there is to say of `profile`, of `size`."""
        return cls(profile.id, profile.name, profile.sector, size, profile.website, profile.postcode)


@dataclass(frozen=True)
class MatchedNeed:
    """A need that fits a supplier: its number in the programme from 0, and where the supplier stands in its list."""

    number: int
    need_id: str
    title: str
    rank: int
    probability: float
    band: Band


@dataclass(frozen=True)
class SupplierDemand:
    """A supplier, for how many needs it is first, and for how many it is shown."""

    supplier: Supplier
    first: int
    shown: int


class Pairs:
    """The pairs of one programme. Not safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        # A file that is thrown away need survive nothing.
        self._db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;" + _SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._db.close()

    def add_supplier(self, supplier: Supplier) -> None:
        """Add a supplier, unless it is there."""
        size = supplier.size.value if supplier.size else None
        row = (supplier.id, supplier.name, supplier.sector.value, size, supplier.website, supplier.postcode)
        self._db.execute("INSERT OR IGNORE INTO supplier VALUES (?, ?, ?, ?, ?, ?)", row)

    def add(self, number: int, need_id: str, title: str, found: Iterable[tuple[str, int, float, Band]]) -> None:
        """Add a need with (supplier id, rank, probability, band) of those shown for it."""
        self._db.execute("INSERT INTO need VALUES (?, ?, ?)", (number, need_id, title))
        rows = [(number, supplier, rank, probability, band.value) for supplier, rank, probability, band in found]
        self._db.executemany("INSERT INTO pair VALUES (?, ?, ?, ?, ?)", rows)

    def suppliers(self) -> int:
        """Return how many different suppliers are shown."""
        return int(self._db.execute("SELECT count(*) FROM supplier").fetchone()[0])

    def supplier(self, id: str) -> Supplier:
        """Return a supplier by its id; it is there."""
        return _supplier(self._db.execute("SELECT * FROM supplier WHERE id = ?", (id,)).fetchone())

    def need(self, number: int) -> tuple[str, str]:
        """Return the id and the title of a need by its number."""
        id, title = self._db.execute("SELECT id, title FROM need WHERE number = ?", (number,)).fetchone()
        return str(id), str(title)

    def by_supplier(self) -> Iterator[tuple[Supplier, MatchedNeed]]:
        """Yield each supplier with the needs that fit it: most probable first, suppliers by id."""
        asked = """SELECT s.*, n.number, n.id, n.title, p.rank, p.probability, p.band
                   FROM pair p JOIN supplier s ON s.id = p.supplier JOIN need n ON n.number = p.need
                   ORDER BY s.id, p.probability DESC, n.id"""
        for row in self._db.execute(asked):
            number, need_id, title, rank, probability, band = row[6:]
            yield _supplier(row[:6]), MatchedNeed(number, need_id, title, rank, probability, Band(band))

    def sought(self, most: int) -> list[SupplierDemand]:
        """Return the suppliers that are first for most needs, then those shown for most, then by id."""
        asked = """SELECT s.*, sum(p.rank = 1) AS first, count(*) AS shown
                   FROM pair p JOIN supplier s ON s.id = p.supplier GROUP BY s.id
                   ORDER BY first DESC, shown DESC, s.id LIMIT ?"""
        return [SupplierDemand(_supplier(row[:6]), *row[6:]) for row in self._db.execute(asked, (most,))]

    def all(self) -> list[tuple[int, str, int, float]]:
        """Return (need, supplier id, rank, probability) of every pair, by need and rank."""
        return self._db.execute("SELECT need, supplier, rank, probability FROM pair ORDER BY need, rank").fetchall()


def _supplier(row: tuple[str, str, str, str | None, str | None, str | None]) -> Supplier:
    id, name, sector, size, website, postcode = row
    return Supplier(id, name, Sector(sector), Size(size) if size else None, website, postcode)
