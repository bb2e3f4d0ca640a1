"""The store: the database of records, from which everything else is computed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Row, Select, delete, func, select

from matcher.records import Contact, Need, Profile
from matcher.store.database import WAIT_SECONDS, Database
from matcher.store.erasures import ErasureKind, Erasures
from matcher.store.integrity import problems
from matcher.store.migration import migrate
from matcher.store.revisions import Change, RecordKind, Revision, latest, to_record, to_revision
from matcher.store.rows import CHUNK, chunks
from matcher.store.schema import clock, contact, head, revision
from matcher.store.vectors import VectorCache
from matcher.store.writer import Writer, not_found


class Store:
    """Records as revisions, ordered by one sequence number. Open a store with `Store.open`. Threads can share a store.

    Every method raises `Unavailable` if the database cannot be used. If a method is given a sequence
    number as `at`, the method returns the state just after the revision with that number was added.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.vectors = VectorCache(database)

    @property
    def database(self) -> Database:
        """The underlying database, for code that uses other tables in it."""
        return self._database

    @classmethod
    def open(cls, url: str, *, wait_seconds: float = WAIT_SECONDS, erasures_file: Path | None = None) -> Self:
        """Open the store at `url`, and create or upgrade the tables.

        Args:
            url: `sqlite:///PATH`, `sqlite://` for a database in memory, or `postgresql+psycopg://…`.
            wait_seconds: how long a writer waits for another writer.
            erasures_file: the file that lists erasures outside the database, if there is one.

        Raises:
            InvalidInput: `url` is not a database URL.
            Unavailable: the database cannot be reached, or was created by a newer version of this program.

        """
        database = Database(url, wait_seconds=wait_seconds, erasures_file=erasures_file)
        try:
            database.prepare()
            migrate(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        """Close every connection. A database in memory is lost."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Store({self._database.display_url!r})"

    @property
    def url(self) -> str:
        """The full URL, including any password, to open the store elsewhere. Do not display it."""
        return self._database.url

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Provide a `Writer` in a transaction. Commit at the end, or roll back if an exception is raised.

        Only one writer is active at a time, across all processes. Until the transaction ends, a read
        by id in this thread already sees what the writer has written.

        Raises:
            Unavailable: another writer did not finish in time.
            MatcherError: this thread is already writing.

        """
        with self._database.writing() as connection:
            writer = Writer(connection, Erasures(self._database))
            yield writer
            writer.finish()
        if writer.erases:
            self._database.empty_log()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Provide a connection for reading other tables in the database."""
        with self._database.reading() as connection:
            yield connection

    def sequence(self) -> int:
        """Return the latest committed sequence number, or 0 if the store is empty."""
        with self._database.reading() as connection:
            return int(connection.execute(select(clock.c.sequence)).scalar_one())

    def origin(self, sequence: int) -> str:
        """Return a text that identifies revision `sequence` across all stores: its timestamp, record id and digest.

        The text is empty if there is no such revision.
        """
        query = select(revision.c.recorded_at, revision.c.id, revision.c.digest).where(revision.c.sequence == sequence)
        return " ".join(f"{row.recorded_at.isoformat()} {row.id} {row.digest}" for row in self._rows(query))

    def profile(self, id: str, *, at: int | None = None) -> Revision[Profile]:
        """Return the profile with this `id`.

        Raises:
            NotFound: no such record exists, or it was withdrawn.

        """
        return self._one(RecordKind.PROFILE, id, at)

    def need(self, id: str, *, at: int | None = None) -> Revision[Need]:
        """Return the need with this `id`.

        Raises:
            NotFound: no such record exists, or it was withdrawn.

        """
        return self._one(RecordKind.NEED, id, at)

    def profiles(self, ids: Sequence[str], *, at: int | None = None) -> dict[str, Profile]:
        """Return profiles by id, in the order of `ids`. Profiles that do not exist or were withdrawn are left out."""
        records: dict[str, Any] = {}
        for chunk in chunks(dict.fromkeys(ids)):
            rows = self._rows(latest(RecordKind.PROFILE, at).where(revision.c.id.in_(chunk)))
            records.update({row.id: to_record(row) for row in rows})
        return {id: records[id] for id in dict.fromkeys(ids) if records.get(id) is not None}

    def profiles_as_of(self, sequences: Sequence[int]) -> list[Profile]:
        """Return the profile in each revision whose sequence number is in `sequences`, in the same order.

        Raises:
            NotFound: a revision does not exist, belongs to a need, or is a withdrawal.

        """
        records: dict[int, Any] = {}
        for chunk in chunks(sequences):
            query = select(revision).where(revision.c.sequence.in_(chunk), revision.c.kind == RecordKind.PROFILE.value)
            records.update({row.sequence: to_record(row) for row in self._rows(query)})
        if missing := [sequence for sequence in sequences if records.get(sequence) is None]:
            raise not_found(RecordKind.PROFILE, f"of revision {missing[0]}")
        return [records[sequence] for sequence in sequences]

    def needs(self, after: str = "") -> Iterator[Revision[Need]]:
        """Yield the needs with an id above `after`, sorted by id, as they are at the time of this call."""
        states = latest(RecordKind.NEED, self.sequence()).where(revision.c.content.is_not(None))
        pages = self._pages(states.order_by(revision.c.id), after, lambda row: row.id, revision.c.id)
        return map(to_revision, pages)

    def history(self, kind: RecordKind, id: str) -> list[Revision[Profile | Need | None]]:
        """Return every revision of a record, oldest first, including withdrawals.

        Raises:
            NotFound: no such record has ever existed.

        """
        kind = RecordKind(kind)
        query = select(revision).where(revision.c.kind == kind.value, revision.c.id == id)
        if not (rows := self._rows(query.order_by(revision.c.number))):
            raise not_found(kind, id)
        return [to_revision(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """Return the number of current records of each kind: `{"profiles": …, "needs": …}`."""
        query = select(head.c.kind, func.count().label("records")).where(head.c.digest.is_not(None))
        numbers = {row.kind: int(row.records) for row in self._rows(query.group_by(head.c.kind))}
        return {f"{kind.value}s": numbers.get(kind.value, 0) for kind in RecordKind}

    def problems(self, *, most: int = 100) -> list[str]:
        """Check every revision. Return up to `most` problems, or an empty list if there are none."""
        return list(islice(problems(self._database), most))

    def profile_changes(self, since: int, *, until: int | None = None) -> Iterator[Change]:
        """Yield each profile that changed after `since` and up to `until`, once only, as it was at `until`.

        `since` and `until` are sequence numbers. If `until` is None, the latest sequence number is used. The
        changes are in sequence order. Memory use is constant, and no transaction stays open.
        """
        now = self.sequence()
        until = now if until is None else min(until, now)
        states = latest(RecordKind.PROFILE, until).order_by(revision.c.sequence)
        for row in self._pages(states, since, lambda row: row.sequence, revision.c.sequence):
            record = to_record(row)
            yield Change(row.sequence, row.id, record if isinstance(record, Profile) else None)

    def profile_contents(self, since: int, *, until: int) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Yield the id and the content, as a JSON value, of each profile that `profile_changes` yields.

        The content is None for a withdrawal. This method is several times faster than `profile_changes`, for callers
        that read few fields.
        """
        states = latest(RecordKind.PROFILE, until).order_by(revision.c.sequence)
        for row in self._pages(states, since, lambda row: row.sequence, revision.c.sequence):
            yield row.id, None if row.content is None else json.loads(row.content)

    def redacted(self) -> frozenset[int]:
        """Return the sequence numbers of the revisions from which words were erased."""
        erased = Erasures(self._database).all()
        return frozenset(int(each.id) for each in erased if each.kind is ErasureKind.REVISION)

    def redacted_at(self, sequence: int) -> list[str]:
        """Return the records whose revision at `sequence` has lost words, such as "profile p1", sorted."""
        numbers = sorted(number for number in self.redacted() if number <= sequence)
        rows = [
            row
            for kind in RecordKind
            for chunk in chunks(numbers)
            for row in self._rows(latest(kind, sequence).where(revision.c.sequence.in_(chunk)))
        ]
        return sorted(f"{row.kind} {row.id}" for row in rows)

    def contact(self, profile_id: str) -> Contact | None:
        """Return the contact for a profile, or None if no contact is stored."""
        rows = self._rows(select(contact).where(contact.c.profile_id == profile_id))
        if not rows:
            return None
        # Not validated again: an earlier version may have accepted an address that this version refuses.
        return Contact.model_construct(name=rows[0].name, email=rows[0].email, telephone=rows[0].telephone)

    def erase_contact(self, profile_id: str) -> bool:
        """Permanently erase the contact for a profile. Return whether a contact was stored.

        SQLite erases the bytes from the database file immediately, and from the write-ahead log unless a reader
        prevents this. PostgreSQL erases the bytes when it next vacuums the table and recycles its write-ahead log.
        """
        with self._database.writing() as connection:
            erased = connection.execute(delete(contact).where(contact.c.profile_id == profile_id)).rowcount > 0
            if erased:
                Erasures(self._database).record(ErasureKind.CONTACT, profile_id)
        self._database.empty_log()
        return erased

    def _one(self, kind: RecordKind, id: str, at: int | None) -> Revision[Any]:
        rows = self._rows(latest(kind, at).where(revision.c.id == id))
        if not rows or rows[0].content is None:
            raise not_found(kind, id)
        return to_revision(rows[0])

    def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        with self._database.reading() as connection:
            return connection.execute(query).all()

    def _pages(self, query: Select[Any], after: Any, key: Callable[[Row[Any]], Any], column: Any) -> Iterator[Row[Any]]:
        """Yield the rows of `query` with a `column` above `after`, reading a page at a time.

        `query` selects the state at a sequence number. Later writes do not change this state, so the pages are
        consistent.
        """
        while rows := self._rows(query.where(column > after).limit(CHUNK)):
            yield from rows
            after = key(rows[-1])
