"""Verification of the hash chain: read every byte of every entry and hash it again.

No stored value is trusted. Rows are read as raw bytes, because they may contain anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, text

from matcher.ledger.entry import GENESIS, digest_of
from matcher.store.database import Database

# Number of entries to read at a time. Pages are small because payloads are long.
_PAGE: Final = 50
# Stop after this many problems.
_MAX_PROBLEMS: Final = 20


@dataclass(frozen=True)
class LedgerProblem:
    """A problem with an entry, or with the whole ledger if `entry` is None."""

    entry: int | None
    problem: str

    def __str__(self) -> str:
        return f"entry {self.entry}: {self.problem}" if self.entry is not None else self.problem


@dataclass(frozen=True)
class RedactedText:
    """A revision or an entry from which a passage was erased, and the entry that records who did so and when."""

    kind: str
    number: int
    digest: str
    entry: int
    by: str
    recorded_at: str

    def __str__(self) -> str:
        return f"{self.kind} {self.number} was redacted by {self.by} in entry {self.entry}, {self.recorded_at}"


@dataclass(frozen=True)
class Verification:
    """The number of entries read, the hash of the last one, the problems in entry order, and the redacted texts."""

    entries: int
    hash: str
    problems: tuple[LedgerProblem, ...]
    redactions: tuple[RedactedText, ...] = ()

    @property
    def intact(self) -> bool:
        """Whether no problem was found."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as a JSON value."""
        return {
            "whole": self.intact,
            "entries": self.entries,
            "hash": self.hash,
            "faults": [vars(problem) for problem in self.problems],
            "redacted": [vars(redaction) for redaction in self.redactions],
        }


@dataclass(frozen=True)
class _Row:
    """A row of the `ledger_entry` table, with text as bytes."""

    number: Any
    decision: bytes
    event: bytes
    content: bytes
    payload: bytes | None
    hash: bytes


def verify(database: Database, expect: str | None = None) -> Verification:
    """Verify the whole ledger in one consistent read. `expect` is an earlier hash that the chain must still contain.

    Raises:
        Unavailable: the database cannot be used.

    """
    with database.reading() as connection:
        if not database.is_sqlite:  # by default, each statement sees entries appended since the previous one
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        redactions = _recorded_redactions(connection, database.is_sqlite)
        check = _ChainCheck(expect_seen=expect in (None, GENESIS), redactions=redactions)
        for row in _entry_rows(connection, database.is_sqlite):
            check.add_row(row, expect)
            if len(check.problems) >= _MAX_PROBLEMS:
                return check.verification()
        heads = _rows_of(connection, database.is_sqlite, "ledger_head", "entries", "hash")
        check.add_problems(None, check.head_problems(heads))
        models = _rows_of(connection, database.is_sqlite, "ledger_model", "digest", "content")
        check.add_problems(None, check.model_problems(models))
        check.add_problems(None, _revision_problems(connection, database.is_sqlite, redactions))
        if not check.expect_seen:
            check.add_problems(
                None, [f"the expected hash {expect} is not in the ledger: the ledger has been rewritten"]
            )
    return check.verification()


@dataclass
class _ChainCheck:
    """The state of a check that reads the chain in order: the last entry read, and the models and problems found."""

    expect_seen: bool  # True once the expected hash has been read, and from the start if no hash is expected
    redactions: Mapping[tuple[str, int], RedactedText]
    problems: list[LedgerProblem] = field(default_factory=list)
    models: set[str] = field(default_factory=set)
    entries: int = 0
    number: int = 0
    hash: str = GENESIS

    def add_row(self, row: _Row, expect: str | None) -> None:
        """Check the next entry."""
        self.add_problems(row.number, self.entry_problems(row))
        self.entries, self.number, self.hash = self.entries + 1, row.number, _as_text(row.hash)
        self.expect_seen = self.expect_seen or self.hash == expect

    def add_problems(self, entry: int | None, problems: Iterable[str]) -> None:
        """Add `problems` that concern an entry, or the whole ledger if `entry` is None."""
        self.problems += [LedgerProblem(entry, problem) for problem in problems]

    def verification(self) -> Verification:
        """Return the outcome so far."""
        return Verification(self.entries, self.hash, tuple(self.problems), tuple(self.redactions.values()))

    def entry_problems(self, row: _Row) -> Iterator[str]:
        """Yield the problems with the next entry."""
        if row.number != self.number + 1:
            gap = f"comes after entry {self.number}: entries between them are missing"
            yield gap if self.number else "is not the first entry: earlier entries are missing"
        redaction = self.redactions.get(("entry", row.number))
        if digest_of(row.content) != (redaction.digest if redaction else _as_text(row.hash)):
            yield "its text does not match its hash" if redaction is None else "what remained of its text was changed"
        try:
            content = json.loads(row.content)
            columns = (content["number"], content["decision"].encode(), content["event"].encode())
            payload, previous = content.get("payload"), content["previous"]
            self.models |= {content["search"]["model"]["digest"]} if "search" in content else set()
        except (ValueError, TypeError, KeyError, AttributeError):
            yield "its text cannot be read"
            return
        if columns != (row.number, row.decision, row.event):
            yield "its text belongs to another entry, decision or event"
        if previous != self.hash:
            yield "it does not contain the hash of the entry before it"
        if payload != (digest_of(row.payload) if row.payload is not None else None):
            yield "its scores do not match their hash"

    def head_problems(self, heads: list[tuple[Any, ...]]) -> Iterator[str]:
        """Yield the problems with the head of the ledger."""
        if len(heads) != 1:
            yield f"the ledger has {len(heads)} heads"
        elif heads[0][0] != self.entries:
            count = f"expected {heads[0][0]} entries, but there are {self.entries}"
            yield f"entries at the end are missing or added: {count}"
        elif _as_text(heads[0][1]) != self.hash:
            yield "the last entry is not the one recorded"

    def model_problems(self, stored: list[tuple[Any, ...]]) -> Iterator[str]:
        """Yield a problem for each altered model, and for each missing model that an entry uses."""
        for digest, content in stored:
            if digest_of(content) != _as_text(digest):
                yield f"model {_as_text(digest)[:12]} has been altered"
        for digest in sorted(self.models - {_as_text(digest) for digest, _ in stored}):
            yield f"model {digest[:12]} is missing"


def _recorded_redactions(connection: Connection, sqlite: bool) -> dict[tuple[str, int], RedactedText]:
    """Return the last redaction of each text by its kind and number. An unreadable entry is reported elsewhere."""
    query = text(f"SELECT number, {_raw('content', sqlite)} FROM ledger_entry WHERE event = 'redact' ORDER BY number")  # noqa: S608
    redactions: dict[tuple[str, int], RedactedText] = {}
    for number, raw in connection.execute(query):
        with suppress(ValueError, TypeError, KeyError):
            content = json.loads(_bytes(raw))
            for each in content["redactions"]:
                redacted = RedactedText(**each, entry=number, by=content["by"], recorded_at=content["recorded_at"])
                redactions[redacted.kind, redacted.number] = redacted
    return redactions


def _revision_problems(
    connection: Connection, sqlite: bool, redactions: Mapping[tuple[str, int], RedactedText]
) -> Iterator[str]:
    query = text(f"SELECT {_raw('content', sqlite)} FROM revision WHERE sequence = :sequence")  # noqa: S608
    for (kind, number), redaction in redactions.items():
        if kind == "revision":
            content = connection.execute(query, {"sequence": number}).scalar()
            if content is None or digest_of(_bytes(content)) != redaction.digest:
                yield f"revision {number}: what remained of its redacted text was changed"


def _entry_rows(connection: Connection, sqlite: bool) -> Iterator[_Row]:
    """Yield all entries in order of number, reading a page at a time."""
    columns = ", ".join(_raw(name, sqlite) for name in ("decision", "event", "content", "payload", "hash"))
    page = f"SELECT number, {columns} FROM ledger_entry %s ORDER BY number LIMIT {_PAGE}"  # noqa: S608
    query, values = text(page % ""), dict[str, Any]()
    while rows := connection.execute(query, values).all():
        yield from (_Row(*map(_bytes, row)) for row in rows)
        query, values = text(page % "WHERE number > :after"), {"after": rows[-1].number}


def _rows_of(connection: Connection, sqlite: bool, table: str, first: str, second: str) -> list[tuple[Any, ...]]:
    """Return two complete columns of a table, sorted by the first column."""
    columns = f"{first if first == 'entries' else _raw(first, sqlite)}, {_raw(second, sqlite)}"
    rows = connection.execute(text(f"SELECT {columns} FROM {table} ORDER BY {first}"))  # noqa: S608
    return [tuple(map(_bytes, row)) for row in rows]


def _raw(name: str, sqlite: bool) -> str:
    """Return SQL that reads a column. On SQLite, the SQL reads bytes, because invalid text cannot be read as text."""
    return f"CAST({name} AS BLOB)" if sqlite else name


def _bytes(value: Any) -> Any:
    """Return text and memory views as bytes, and any other value unchanged."""
    return value.encode() if isinstance(value, str) else bytes(value) if isinstance(value, memoryview) else value


def _as_text(hash: bytes) -> str:
    return hash.decode("ascii", "replace")
