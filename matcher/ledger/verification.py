"""Verification: is the chain whole? Every byte of every entry is read and hashed again.

It trusts nothing that it reads: rows are taken as raw bytes, whatever somebody may have put there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
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
    """Read the whole ledger; `expect` is a hash that somebody noted earlier, to be found in it still.

    Raises:
        Unavailable: the database cannot be used.

    """
    faults: list[Fault] = []
    last, number, entries, met = GENESIS, 0, 0, expect in (None, GENESIS)
    with database.reading() as connection:
        head = connection.execute(text("SELECT entries, hash FROM ledger_head")).all()
        for row in _rows(connection, database.sqlite):
            faults += [Fault(row.number, problem) for problem in _problems(row, number, last)]
            last, number, entries = _shown(row.hash), row.number, entries + 1
            met = met or last == expect
            if len(faults) >= _MOST_FAULTS:
                break
        else:
            faults += [Fault(None, problem) for problem in _problems_of_head(head, entries, last)]
            faults += [Fault(None, problem) for problem in _problems_of_models(connection, database.sqlite)]
            if not met:
                faults.append(Fault(None, f"the hash expected, {expect}, is not in the ledger: it was written anew"))
    return Verification(entries, last, tuple(faults))


def _problems(row: _Row, number: int, previous: str) -> Iterator[str]:
    """Yield what is wrong with an entry that comes after the one numbered `number` with the hash `previous`."""
    if row.number != number + 1:
        yield f"follows on entry {number}: what stood between them is missing" if number else "is not the first"
    if digest_of(row.content) != _shown(row.hash):
        yield "its text is not the one that was hashed"
    try:
        said = json.loads(row.content)
        named = (said["number"], said["decision"].encode(), said["event"].encode())
        payload, before = said.get("payload"), said["previous"]
    except (ValueError, TypeError, KeyError, AttributeError):
        yield "its text cannot be read"
        return
    if named != (row.number, row.decision, row.event):
        yield "its text is that of another entry, decision or event"
    if before != previous:
        yield "does not follow on the entry before it"
    if payload != (digest_of(row.payload) if row.payload is not None else None):
        yield "its scores are not those that were hashed"


def _problems_of_head(head: Any, entries: int, last: str) -> Iterator[str]:
    if len(head) != 1:
        yield f"the ledger has {len(head)} heads"
    elif (head[0].entries, head[0].hash) != (entries, last):
        yield f"the last entries are not those recorded: there should be {head[0].entries}, there are {entries}"


def _problems_of_models(connection: Connection, sqlite: bool) -> Iterator[str]:
    content = _raw("content", sqlite)
    for row in connection.execute(text(f"SELECT digest, {content} AS content FROM ledger_model ORDER BY digest")):  # noqa: S608
        if digest_of(_bytes(row.content) or b"") != row.digest:
            yield f"the model {row.digest[:12]} was changed"


def _rows(connection: Connection, sqlite: bool) -> Iterator[_Row]:
    """Yield all rows by number, a page at a time."""
    names = ("decision", "event", "content", "payload", "hash")
    columns = ", ".join(f"{_raw(name, sqlite)} AS {name}" for name in names)
    page = f"SELECT number, {columns} FROM ledger_entry %s ORDER BY number LIMIT {_PAGE}"  # noqa: S608
    asked, values = text(page % ""), dict[str, Any]()
    while found := connection.execute(asked, values).all():
        for row in found:
            yield _Row(row.number, *(_bytes(getattr(row, name)) for name in names))
        asked, values = text(page % "WHERE number > :after"), {"after": found[-1].number}


def _raw(name: str, sqlite: bool) -> str:
    """Return SQL for a column as it is on disk: SQLite would refuse to read as text what is none."""
    return f"CAST({name} AS BLOB)" if sqlite else name


def _bytes(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else None if value is None else bytes(value)


def _shown(hash: bytes) -> str:
    return hash.decode("ascii", "replace")
