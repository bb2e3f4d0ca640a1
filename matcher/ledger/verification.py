"""Verification: is the chain whole? Every byte of every entry is read and hashed again.

It trusts nothing that it reads: rows are taken as raw bytes, whatever somebody may have put there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, text

from matcher.ledger.entry import GENESIS, digest_of
from matcher.store.database import Database

# Entries read at a time: their payloads are long.
_PAGE: Final = 50
# More faults than this tell nothing new.
_MOST_FAULTS: Final = 20


@dataclass(frozen=True)
class Fault:
    """What is wrong, at which entry (None: with the ledger as a whole)."""

    entry: int | None
    problem: str

    def __str__(self) -> str:
        return f"entry {self.entry}: {self.problem}" if self.entry is not None else self.problem


@dataclass(frozen=True)
class Verification:
    """How many entries were read, the hash of the last one, and what is wrong, the first faults first."""

    entries: int
    hash: str
    faults: tuple[Fault, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {"whole": self.whole, "entries": self.entries, "hash": self.hash, "faults": [*map(vars, self.faults)]}


@dataclass(frozen=True)
class _Row:
    """A row as it stands in the database, text as bytes."""

    number: Any
    decision: bytes
    event: bytes
    content: bytes
    payload: bytes | None
    hash: bytes


def verify(database: Database, expect: str | None = None) -> Verification:
    """Read the whole ledger as of one moment; `expect` is a hash that somebody noted earlier, to be found in it still.

    Raises:
        Unavailable: the database cannot be used.

    """
    with database.reading() as connection:
        if not database.sqlite:  # where every statement would see what others have appended since
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        walk = _Walk(met=expect in (None, GENESIS))
        for row in _rows(connection, database.sqlite):
            walk.step(row, expect)
            if len(walk.faults) >= _MOST_FAULTS:
                return walk.ended()
        walk.add(None, walk.problems_of_head(_all(connection, database.sqlite, "ledger_head", "entries", "hash")))
        walk.add(None, walk.problems_of_models(_all(connection, database.sqlite, "ledger_model", "digest", "content")))
        if not walk.met:
            walk.add(None, [f"the hash expected, {expect}, is not in the ledger: it was written anew"])
    return walk.ended()


@dataclass
class _Walk:
    """A walk along the chain: where it stands, and what it has met."""

    met: bool  # whether the hash expected was met, or none is
    faults: list[Fault] = field(default_factory=list)
    models: set[str] = field(default_factory=set)
    entries: int = 0
    number: int = 0
    hash: str = GENESIS

    def step(self, row: _Row, expect: str | None) -> None:
        """Go on to the next entry."""
        self.add(row.number, self.problems(row))
        self.entries, self.number, self.hash = self.entries + 1, row.number, _shown(row.hash)
        self.met = self.met or self.hash == expect

    def add(self, entry: int | None, problems: Iterable[str]) -> None:
        """Take down what is wrong with an entry."""
        self.faults += [Fault(entry, problem) for problem in problems]

    def ended(self) -> Verification:
        """Return what the walk has come to."""
        return Verification(self.entries, self.hash, tuple(self.faults))

    def problems(self, row: _Row) -> Iterator[str]:
        """Yield what is wrong with the next entry."""
        if row.number != self.number + 1:
            before = f"follows on entry {self.number}: what stood between them is missing"
            yield before if self.number else "is not the first"
        if digest_of(row.content) != _shown(row.hash):
            yield "its text is not the one that was hashed"
        try:
            said = json.loads(row.content)
            named = (said["number"], said["decision"].encode(), said["event"].encode())
            payload, previous = said.get("payload"), said["previous"]
            self.models |= {said["search"]["model"]["digest"]} if "search" in said else set()
        except (ValueError, TypeError, KeyError, AttributeError):
            yield "its text cannot be read"
            return
        if named != (row.number, row.decision, row.event):
            yield "its text is that of another entry, decision or event"
        if previous != self.hash:
            yield "does not follow on the entry before it"
        if payload != (digest_of(row.payload) if row.payload is not None else None):
            yield "its scores are not those that were hashed"

    def problems_of_head(self, heads: list[tuple[Any, ...]]) -> Iterator[str]:
        """Yield in what the chain is not the one that the head tells of."""
        if len(heads) != 1:
            yield f"the ledger has {len(heads)} heads"
        elif heads[0][0] != self.entries:
            yield f"the last entries are missing or added: there should be {heads[0][0]}, there are {self.entries}"
        elif _shown(heads[0][1]) != self.hash:
            yield "the last entry is not the one recorded"

    def problems_of_models(self, kept: list[tuple[Any, ...]]) -> Iterator[str]:
        """Yield which models are not what they were, or not there."""
        for digest, content in kept:
            if digest_of(content) != _shown(digest):
                yield f"the model {_shown(digest)[:12]} was changed"
        for digest in sorted(self.models - {_shown(digest) for digest, _ in kept}):
            yield f"the model {digest[:12]} is missing"


def _rows(connection: Connection, sqlite: bool) -> Iterator[_Row]:
    """Yield all entries by number, a page at a time."""
    columns = ", ".join(_raw(name, sqlite) for name in ("decision", "event", "content", "payload", "hash"))
    page = f"SELECT number, {columns} FROM ledger_entry %s ORDER BY number LIMIT {_PAGE}"  # noqa: S608
    asked, values = text(page % ""), dict[str, Any]()
    while found := connection.execute(asked, values).all():
        yield from (_Row(*map(_bytes, row)) for row in found)
        asked, values = text(page % "WHERE number > :after"), {"after": found[-1].number}


def _all(connection: Connection, sqlite: bool, table: str, first: str, second: str) -> list[tuple[Any, ...]]:
    """Return two columns of a whole table, ordered by the first."""
    columns = f"{first if first == 'entries' else _raw(first, sqlite)}, {_raw(second, sqlite)}"
    found = connection.execute(text(f"SELECT {columns} FROM {table} ORDER BY {first}"))  # noqa: S608
    return [tuple(map(_bytes, row)) for row in found]


def _raw(name: str, sqlite: bool) -> str:
    """Return SQL for a column as it is on disk: SQLite would refuse to read as text what is none."""
    return f"CAST({name} AS BLOB)" if sqlite else name


def _bytes(value: Any) -> Any:
    """Return text as bytes, whatever else as it is."""
    return value.encode() if isinstance(value, str) else bytes(value) if isinstance(value, memoryview) else value


def _shown(hash: bytes) -> str:
    return hash.decode("ascii", "replace")
