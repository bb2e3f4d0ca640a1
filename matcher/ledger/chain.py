"""The hash chain in the database. Each entry is added in its own transaction and is never changed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, String, cast, func, insert, or_, select, update

from matcher.ledger.entry import Entry, EntryContent, Event, altered, canonical_json, digest_of
from matcher.ledger.tables import ledger_entry, ledger_head, ledger_model
from matcher.scoring import AdditiveModel
from matcher.store.database import Database
from matcher.store.rows import CHUNK, chunks, insert_into
from matcher.store.schema import erasure

_IS_REDACTED: Final = (erasure.c.kind == "entry") & (erasure.c.id == cast(ledger_entry.c.number, String))
# Every column of `ledger_entry` except the payload, in the order in which `Entry.read` takes them, and the hash of the
# text that remained after a redaction.
_COLUMNS: Final = (
    *(ledger_entry.c[name] for name in ("number", "decision", "event", "content", "hash")),
    select(erasure.c.digest).where(_IS_REDACTED).scalar_subquery().label("remaining"),
)


class Chain:
    """Reads entries and opens transactions that append entries.

    Every method raises `Unavailable` if the database cannot be used or an entry has been altered.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def appending(self) -> Iterator[Appender]:
        """Yield an `Appender` in a transaction. Commit the transaction at the end, or roll it back on an exception.

        The transaction locks the chain against every other process.
        """
        with self._database.writing() as connection:
            yield Appender(connection)

    def head(self) -> tuple[int, str]:
        """Return the number of entries and the hash of the last entry."""
        with self._database.reading() as connection:
            row = connection.execute(select(ledger_head.c.entries, ledger_head.c.hash)).one()
        return int(row.entries), str(row.hash)

    def entries(self, *, after: int = 0) -> Iterator[Entry]:
        """Yield the entries with a number above `after`, in order."""
        return self._paged(select(*_COLUMNS), after, CHUNK)

    def openings(self, *, after: int = 0, organisation: str | None = None, page: int = CHUNK) -> Iterator[Entry]:
        """Yield the entries that open decisions (the saved searches), in order. Read `page` entries at a time.

        If `organisation` is given, yield only searches made by that organisation or one of its members.
        """
        query = select(*_COLUMNS).where(ledger_entry.c.event == Event.SEARCH.value)
        if organisation is not None:
            query = query.where(or_(*map(_begins_with, _actor_prefixes(organisation))))
        return self._paged(query, after, page)

    def decisions(self, ids: Sequence[str]) -> dict[str, list[Entry]]:
        """Return a dictionary that maps each known decision id in `ids` to the entries of that decision, in order."""
        entries: dict[str, list[Entry]] = {}
        for chunk in chunks(ids):
            for entry in self._paged(select(*_COLUMNS).where(ledger_entry.c.decision.in_(chunk)), 0, CHUNK):
                entries.setdefault(entry.content.decision, []).append(entry)
        return entries

    def payload(self, entry: Entry) -> bytes:
        """Return the payload of `entry` after checking the payload's hash.

        Raises:
            Unavailable: the payload is missing or altered.

        """
        query = select(ledger_entry.c.payload).where(ledger_entry.c.number == entry.content.number)
        with self._database.reading() as connection:
            payload = connection.scalar(query)
        if payload is None or digest_of(payload) != entry.content.payload:
            raise altered(entry.content.number)
        return bytes(payload)

    def model(self, digest: str) -> AdditiveModel:
        """Return the stored scoring model with this digest.

        Raises:
            ValueError: the model is missing or altered, or this version of the program lacks one of its signals.

        """
        with self._database.reading() as connection:
            content = connection.scalar(select(ledger_model.c.content).where(ledger_model.c.digest == digest))
        if content is None or digest_of(content.encode()) != digest:
            raise ValueError("it is missing or altered")
        return AdditiveModel.of_content(json.loads(content))

    def _paged(self, query: Select[Any], after: int, page: int) -> Iterator[Entry]:
        query = query.order_by(ledger_entry.c.number).limit(page)
        while entries := self._page(query.where(ledger_entry.c.number > after)):
            yield from entries
            after = entries[-1].content.number

    def _page(self, query: Select[Any]) -> list[Entry]:
        with self._database.reading() as connection:
            return [Entry.read(*row) for row in connection.execute(query)]


def _actor_prefixes(organisation: str) -> tuple[str, str]:
    """Return the two possible text prefixes of the entries made by `organisation` or one of its members.

    The keys of the text are sorted, so `by` comes first. An organisation id contains no slash, so no other
    organisation's entries have these prefixes.
    """
    return canonical_json({"by": organisation})[:-1], canonical_json({"by": f"{organisation}/"})[:-2]


def _begins_with(prefix: str) -> ColumnElement[bool]:
    # LIKE would ignore case on SQLite.
    return func.substr(ledger_entry.c.content, 1, len(prefix)) == prefix


class Appender:
    """Appends entries within one transaction, with the chain locked until the transaction ends.

    The lock on the `ledger_head` row keeps the entry numbers free of gaps: the next writer waits, and a number
    taken in a transaction that rolls back is used again.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        head = connection.execute(select(ledger_head).with_for_update()).one()
        self._entries, self._hash = int(head.entries), str(head.hash)

    def entries(self, decision: str) -> list[Entry]:
        """Return the entries of `decision` in order, or an empty list if there are none."""
        query = select(*_COLUMNS).where(ledger_entry.c.decision == decision).order_by(ledger_entry.c.number)
        return [Entry.read(*row) for row in self._connection.execute(query)]

    def append(
        self, event: Event, by: str, *, decision: str | None = None, payload: bytes | None = None, **fields: Any
    ) -> Entry:
        """Append an entry and return it. Without `decision`, the entry opens a new decision named after its number.

        `fields` sets other fields of `EntryContent`.
        """
        number = self._entries + 1
        content = EntryContent(
            number=number,
            decision=decision or f"d{number}",
            event=event,
            recorded_at=datetime.now(UTC),
            by=by,
            previous=self._hash,
            payload=digest_of(payload) if payload is not None else None,
            nonce=secrets.token_hex(16),
            **fields,
        )
        entry = Entry.seal(content)
        row = {"number": number, "decision": content.decision, "event": event.value, "hash": entry.hash}
        self._connection.execute(insert(ledger_entry), [{**row, "content": entry.text, "payload": payload}])
        self._connection.execute(update(ledger_head).values(entries=number, hash=entry.hash))
        self._entries, self._hash = number, entry.hash
        return entry

    def store_model(self, model: AdditiveModel) -> str:
        """Store `model` if it is not stored yet, and return the digest of the model."""
        content = canonical_json(model.content())
        digest = digest_of(content.encode())
        stored = select(ledger_model.c.digest).where(ledger_model.c.digest == digest)
        if self._connection.scalar(stored) is None:
            self._connection.execute(
                insert_into(self._connection, ledger_model), {"digest": digest, "content": content}
            )
        return digest
