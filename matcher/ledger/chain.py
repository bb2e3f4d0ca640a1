"""Chain: the entries in the database. Added one at a time, each in a transaction of its own, never changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, insert, or_, select, update

from matcher.ledger.entry import Entry, EntryContent, Event, canonical_json, changed, digest_of
from matcher.ledger.tables import ledger_entry, ledger_head, ledger_model
from matcher.scoring.model import AdditiveModel
from matcher.store.database import Database
from matcher.store.rows import CHUNK, chunks, insert_into

# All but the payload, in the order in which `Entry.read` takes them.
_COLUMNS: Final = tuple(ledger_entry.c[name] for name in ("number", "decision", "event", "content", "hash"))


class Chain:
    """Reads entries, and hands out the right to add one. Every method raises `Unavailable` where the database
    cannot be used or an entry is not what was recorded.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def appending(self) -> Iterator[Appender]:
        """Give an `Appender` in a transaction: committed at the end, rolled back when an exception passes.

        Whoever appends has the chain to himself, over all processes.
        """
        with self._database.writing() as connection:
            yield Appender(connection)

    def head(self) -> tuple[int, str]:
        """Return how many entries there are, and the hash of the last one."""
        with self._database.reading() as connection:
            row = connection.execute(select(ledger_head.c.entries, ledger_head.c.hash)).one()
        return int(row.entries), str(row.hash)

    def entries(self, *, after: int = 0) -> Iterator[Entry]:
        """Yield the entries numbered above `after`, in their order."""
        return self._paged(select(*_COLUMNS), after, CHUNK)

    def openings(self, *, after: int = 0, organisation: str | None = None, page: int = CHUNK) -> Iterator[Entry]:
        """Yield the searches that open decisions, in their order, where asked only those that `organisation` kept;
        `page` of them are read at a time.
        """
        asked = select(*_COLUMNS).where(ledger_entry.c.event == Event.SEARCH.value)
        if organisation is not None:
            asked = asked.where(or_(*map(_begins_with, _beginnings(organisation))))
        return self._paged(asked, after, page)

    def decisions(self, ids: Sequence[str]) -> dict[str, list[Entry]]:
        """Return the entries of each of these decisions that there is, in their order."""
        found: dict[str, list[Entry]] = {}
        for chunk in chunks(ids):
            for entry in self._paged(select(*_COLUMNS).where(ledger_entry.c.decision.in_(chunk)), 0, CHUNK):
                found.setdefault(entry.statement.decision, []).append(entry)
        return found

    def payload(self, entry: Entry) -> bytes:
        """Return the payload of an entry, once it is clear that it is whole."""
        asked = select(ledger_entry.c.payload).where(ledger_entry.c.number == entry.statement.number)
        with self._database.reading() as connection:
            payload = connection.scalar(asked)
        if payload is None or digest_of(payload) != entry.statement.payload:
            raise changed(entry.statement.number)
        return bytes(payload)

    def model(self, digest: str) -> AdditiveModel:
        """Return a model that was kept.

        Raises:
            ValueError: it is gone or changed, or a model for other signals than those of this version of the program.

        """
        with self._database.reading() as connection:
            content = connection.scalar(select(ledger_model.c.content).where(ledger_model.c.digest == digest))
        if content is None or digest_of(content.encode()) != digest:
            raise ValueError("it is gone or changed")
        return AdditiveModel.of_content(json.loads(content))

    def _paged(self, asked: Select[Any], after: int, page: int) -> Iterator[Entry]:
        asked = asked.order_by(ledger_entry.c.number).limit(page)
        while found := self._page(asked.where(ledger_entry.c.number > after)):
            yield from found
            after = found[-1].statement.number

    def _page(self, asked: Select[Any]) -> list[Entry]:
        with self._database.reading() as connection:
            return [Entry.read(*row) for row in connection.execute(asked)]


def _beginnings(organisation: str) -> tuple[str, str]:
    """Return how the text of an entry begins that was made by `organisation`, or by a member of it.

    Keys are sorted, `by` is the first of them, and no organisation's id has a stroke in it.
    """
    return canonical_json({"by": organisation})[:-1], canonical_json({"by": f"{organisation}/"})[:-2]


def _begins_with(beginning: str) -> ColumnElement[bool]:
    # Not LIKE, which takes capitals for small letters on SQLite.
    return func.substr(ledger_entry.c.content, 1, len(beginning)) == beginning


class Appender:
    """Adds entries in one transaction, with the chain to itself until that ends.

    Holding the head's row makes the numbers gap-free: the next one waits, and a transaction that rolls back
    gives its number back.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        head = connection.execute(select(ledger_head).with_for_update()).one()
        self._entries, self._hash = int(head.entries), str(head.hash)

    def entries(self, decision: str) -> list[Entry]:
        """Return the entries of a decision so far."""
        asked = select(*_COLUMNS).where(ledger_entry.c.decision == decision).order_by(ledger_entry.c.number)
        return [Entry.read(*row) for row in self._connection.execute(asked)]

    def append(
        self, event: Event, by: str, *, decision: str | None = None, payload: bytes | None = None, **said: Any
    ) -> Entry:
        """Add an entry and return it; without `decision` it opens one, named after its number."""
        number = self._entries + 1
        statement = EntryContent(
            number=number,
            decision=decision or f"d{number}",
            event=event,
            recorded_at=datetime.now(UTC),
            by=by,
            previous=self._hash,
            payload=digest_of(payload) if payload is not None else None,
            **said,
        )
        entry = Entry.sealed(statement)
        row = {"number": number, "decision": statement.decision, "event": event.value, "hash": entry.hash}
        self._connection.execute(insert(ledger_entry), [{**row, "content": entry.text, "payload": payload}])
        self._connection.execute(update(ledger_head).values(entries=number, hash=entry.hash))
        self._entries, self._hash = number, entry.hash
        return entry

    def keep_model(self, model: AdditiveModel) -> str:
        """Keep a scoring model, once, and return its digest."""
        content = canonical_json(model.content())
        digest = digest_of(content.encode())
        known = select(ledger_model.c.digest).where(ledger_model.c.digest == digest)
        if self._connection.scalar(known) is None:
            self._connection.execute(
                insert_into(self._connection, ledger_model), {"digest": digest, "content": content}
            )
        return digest
