"""Store: the database of records, the truth that everything else is computed from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Row, Select, delete, func, select

from matcher.records import Contact, Need, Profile
from matcher.store.database import WAIT_SECONDS, Database
from matcher.store.integrity import problems
from matcher.store.migration import migrate
from matcher.store.revisions import Change, RecordKind, Revision, latest, to_record, to_revision
from matcher.store.rows import CHUNK, chunks
from matcher.store.schema import clock, contact, head, revision
from matcher.store.vectors import VectorCache
from matcher.store.writer import Writer, not_found


class Store:
    """Records as revisions under one sequence number. Open it with `Store.open`; threads may share it.

    Every method raises `Unavailable` where the database cannot be used. `at` is a sequence number: the
    answer is then the one that held when that revision was the latest.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.vectors = VectorCache(database)

    @property
    def database(self) -> Database:
        """The database beneath, for what else is kept in it."""
        return self._database

    @classmethod
    def open(cls, url: str, *, wait_seconds: float = WAIT_SECONDS) -> Self:
        """Open the store at `url` (`sqlite:///PATH`, `sqlite://` in memory, `postgresql+psycopg://…`), and
        create or upgrade its tables; a writer waits `wait_seconds` for another one.

        Raises:
            InvalidInput: `url` is not the address of a database.
            Unavailable: it cannot be reached, or was made by a newer version of this program.

        """
        database = Database(url, wait_seconds=wait_seconds)
        try:
            database.prepare()
            migrate(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        """Close every connection; what is in memory is gone."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Store({self._database.shown!r})"

    @property
    def url(self) -> str:
        """The address, with its password: for opening the store elsewhere, not for showing."""
        return self._database.url

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Give a `Writer` in a transaction: committed at the end, rolled back when an exception passes.

        Writers take turns, over all processes. Reads by id in this thread see what it has written so far.

        Raises:
            Unavailable: another writer did not finish in time.
            MatcherError: this thread is writing already.

        """
        with self._database.writing() as connection:
            writer = Writer(connection)
            yield writer
            writer.finish()
        if writer.erases:
            self._database.empty_log()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection for reading tables that are kept beside the records."""
        with self._database.reading() as connection:
            yield connection

    def sequence(self) -> int:
        """Return the latest committed sequence number, 0 in an empty store."""
        with self._database.reading() as connection:
            return int(connection.execute(select(clock.c.sequence)).scalar_one())

    def origin(self, sequence: int) -> str:
        """Return what tells the revision `sequence` of this store from that of another one: when it was recorded,
        and of what. Empty where there is no such revision.
        """
        asked = select(revision.c.recorded_at, revision.c.id, revision.c.digest).where(revision.c.sequence == sequence)
        return " ".join(f"{row.recorded_at.isoformat()} {row.id} {row.digest}" for row in self._rows(asked))

    def profile(self, id: str, *, at: int | None = None) -> Revision[Profile]:
        """Return the profile `id`.

        Raises:
            NotFound: there is none, or it was withdrawn.

        """
        return self._one(RecordKind.PROFILE, id, at)

    def need(self, id: str, *, at: int | None = None) -> Revision[Need]:
        """Return the need `id`.

        Raises:
            NotFound: there is none, or it was withdrawn.

        """
        return self._one(RecordKind.NEED, id, at)

    def profiles(self, ids: Sequence[str], *, at: int | None = None) -> dict[str, Profile]:
        """Return the profiles of `ids` in the order asked for; absent and withdrawn ones are left out."""
        found: dict[str, Any] = {}
        for chunk in chunks(dict.fromkeys(ids)):
            rows = self._rows(latest(RecordKind.PROFILE, at).where(revision.c.id.in_(chunk)))
            found.update({row.id: to_record(row) for row in rows})
        return {id: found[id] for id in dict.fromkeys(ids) if found.get(id) is not None}

    def profiles_as_of(self, sequences: Sequence[int]) -> list[Profile]:
        """Return the profiles as the revisions with these sequence numbers have them, in the order asked for.

        Raises:
            NotFound: one of them is no revision of a profile, or a withdrawal.

        """
        found: dict[int, Any] = {}
        for chunk in chunks(sequences):
            asked = select(revision).where(revision.c.sequence.in_(chunk), revision.c.kind == RecordKind.PROFILE.value)
            found.update({row.sequence: to_record(row) for row in self._rows(asked)})
        if missing := [sequence for sequence in sequences if found.get(sequence) is None]:
            raise not_found(RecordKind.PROFILE, f"of revision {missing[0]}")
        return [found[sequence] for sequence in sequences]

    def needs(self, after: str = "") -> Iterator[Revision[Need]]:
        """Yield the needs whose id comes after `after` by id, as they are when the first is asked for."""
        states = latest(RecordKind.NEED, self.sequence()).where(revision.c.content.is_not(None))
        pages = self._pages(states.order_by(revision.c.id), after, lambda row: row.id, revision.c.id)
        return map(to_revision, pages)

    def history(self, kind: RecordKind, id: str) -> list[Revision[Profile | Need | None]]:
        """Return every revision of a record, the first one first, withdrawals included.

        Raises:
            NotFound: there never was such a record.

        """
        kind = RecordKind(kind)
        asked = select(revision).where(revision.c.kind == kind.value, revision.c.id == id)
        if not (rows := self._rows(asked.order_by(revision.c.number))):
            raise not_found(kind, id)
        return [to_revision(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """Return how many current records there are: `{"profiles": …, "needs": …}`."""
        asked = select(head.c.kind, func.count().label("records")).where(head.c.digest.is_not(None))
        found = {row.kind: int(row.records) for row in self._rows(asked.group_by(head.c.kind))}
        return {f"{kind.value}s": found.get(kind.value, 0) for kind in RecordKind}

    def problems(self, *, most: int = 100) -> list[str]:
        """Read every revision and return what is wrong, at most `most` findings; nothing where all is sound."""
        return list(islice(problems(self._database), most))

    def profile_changes(self, since: int, *, until: int | None = None) -> Iterator[Change]:
        """Yield each profile changed after sequence `since`, up to `until` (now, where None), once, in the state
        it had at `until`, ordered by sequence. Memory stays constant and no transaction stays open.
        """
        now = self.sequence()
        until = now if until is None else min(until, now)
        states = latest(RecordKind.PROFILE, until).order_by(revision.c.sequence)
        for row in self._pages(states, since, lambda row: row.sequence, revision.c.sequence):
            record = to_record(row)
            yield Change(row.sequence, row.id, record if isinstance(record, Profile) else None)

    def profile_contents(self, since: int, *, until: int) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Yield id and content of each profile changed after `since`, as `profile_changes` does but as plain JSON
        values, several times as fast: for whoever looks at a field or two of all profiles.
        """
        states = latest(RecordKind.PROFILE, until).order_by(revision.c.sequence)
        for row in self._pages(states, since, lambda row: row.sequence, revision.c.sequence):
            yield row.id, None if row.content is None else json.loads(row.content)

    def contact(self, profile_id: str) -> Contact | None:
        """Return whom to write to at a supplier, None where nothing is kept."""
        rows = self._rows(select(contact).where(contact.c.profile_id == profile_id))
        return Contact(name=rows[0].name, email=rows[0].email, telephone=rows[0].telephone) if rows else None

    def erase_contact(self, profile_id: str) -> bool:
        """Erase the contact of a profile for good, and return whether there was one.

        On SQLite the bytes leave the database file and, unless a reader is in the way, its log at once. On
        PostgreSQL they go with the server's next vacuum of the table and turn of its own log.
        """
        with self._database.writing() as connection:
            erased = connection.execute(delete(contact).where(contact.c.profile_id == profile_id)).rowcount > 0
        self._database.empty_log()
        return erased

    def _one(self, kind: RecordKind, id: str, at: int | None) -> Revision[Any]:
        rows = self._rows(latest(kind, at).where(revision.c.id == id))
        if not rows or rows[0].content is None:
            raise not_found(kind, id)
        return to_revision(rows[0])

    def _rows(self, asked: Select[Any]) -> Sequence[Row[Any]]:
        with self._database.reading() as connection:
            return connection.execute(asked).all()

    def _pages(self, asked: Select[Any], after: Any, key: Callable[[Row[Any]], Any], column: Any) -> Iterator[Row[Any]]:
        """Yield the rows of `asked` beyond `after`, a page at a time. What is asked for is the state at a
        sequence number, which no later write changes, so that the pages fit together.
        """
        while rows := self._rows(asked.where(column > after).limit(CHUNK)):
            yield from rows
            after = key(rows[-1])
