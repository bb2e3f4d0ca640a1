"""Writer: adds revisions inside one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, delete, insert, select, update

from matcher.foundations.errors import MatcherError, NotFound
from matcher.records import Contact, Need, Profile
from matcher.store.revisions import RecordKind, canonical, kind_of
from matcher.store.rows import chunks, insert_into, storable
from matcher.store.schema import clock, contact, head, revision

Outcome = Literal["added", "updated", "unchanged"]

# Records whose heads are looked up, and whose revisions are written, together.
BATCH: Final = 1_000


@dataclass(frozen=True)
class Put:
    """What became of a record: the sequence number of its latest revision, and whether that is a new one."""

    sequence: int
    outcome: Outcome


@dataclass(frozen=True)
class _Head:
    sequence: int
    number: int
    digest: str | None  # None while withdrawn


class Writer:
    """Adds revisions in one transaction, with the store's sequence to itself until that ends.

    Holding the clock's row makes sequence numbers gap-free and lets them become visible in their order:
    the next writer waits, and a transaction that rolls back gives its numbers back.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._start = int(connection.execute(select(clock.c.sequence).with_for_update()).scalar_one())
        self._sequence = self._start
        self._now = datetime.now(UTC)
        self._failed = False
        self.erases = False  # whether a contact is erased with this transaction

    @property
    def connection(self) -> Connection:
        """The connection of this transaction, for tables that are kept beside the records."""
        return self._connection

    def put(self, record: Profile | Need, *, contact: Contact | None = None, source: str = "") -> Put:
        """Add a revision of `record` unless its content is what the store has already.

        A `contact` replaces the one kept for the profile; without one, that stays as it is. It is not part
        of any revision.

        Raises:
            Unavailable: the database cannot be used.

        """
        return self.put_many([(record, contact)], source=source)[0]

    def put_many(self, items: Iterable[tuple[Profile | Need, Contact | None]], *, source: str = "") -> list[Put]:
        """Put many records, much faster than one by one; a later one of the same id follows an earlier one.

        Raises:
            Unavailable: the database cannot be used.

        """
        return [put for batch in chunks(items, BATCH) for put in self._put_batch(batch, source)]

    def withdraw(self, kind: RecordKind, id: str, *, source: str = "") -> int:
        """End the record `id` with a revision without content, and return its sequence number.

        A profile's contact is erased with it: there is no reason left to keep it. A later put revives the
        record.

        Raises:
            NotFound: there is no such record, or it is withdrawn already.
            Unavailable: the database cannot be used.

        """
        kind = RecordKind(kind)
        found = self._heads(kind, [id]).get(id)
        if found is None or found.digest is None:
            raise not_found(kind, id)
        if kind is RecordKind.PROFILE:
            self.erases = True
            self._connection.execute(delete(contact).where(contact.c.profile_id == id))
        self._write([self._next((kind, id), found, None, source)])
        return self._sequence

    def finish(self) -> None:
        """Set the clock to the last sequence number used; the transaction may then be committed.

        Raises:
            MatcherError: a write failed before, so that what would be committed has holes.

        """
        if self._failed:
            raise MatcherError("a write of this transaction failed, it cannot be committed")
        if self._sequence != self._start:
            self._connection.execute(update(clock).values(sequence=self._sequence))

    def _put_batch(self, batch: list[tuple[Profile | Need, Contact | None]], source: str) -> list[Put]:
        heads: dict[tuple[RecordKind, str], _Head] = {}
        for kind in RecordKind:
            ids = [record.id for record, _ in batch if kind_of(record) is kind]
            heads.update({(kind, id): found for id, found in self._heads(kind, ids).items()})
        puts: list[Put] = []
        rows: list[dict[str, Any]] = []
        for record, _ in batch:
            key = (kind_of(record), record.id)
            state = canonical(record)
            before = heads.get(key)
            if before is not None and before.digest == state[1]:
                puts.append(Put(before.sequence, "unchanged"))
                continue
            row = self._next(key, before, state, source)
            rows.append(row)
            heads[key] = _Head(row["sequence"], row["number"], row["digest"])
            puts.append(Put(row["sequence"], "updated" if before and before.digest else "added"))
        self._write(rows)
        self._keep_contacts({record.id: given for record, given in batch if isinstance(record, Profile) and given})
        return puts

    def _heads(self, kind: RecordKind, ids: list[str]) -> dict[str, _Head]:
        found: dict[str, _Head] = {}
        for chunk in chunks(ids):
            asked = select(head).where(head.c.kind == kind.value, head.c.id.in_(chunk))
            rows = self._connection.execute(asked)
            found.update({row.id: _Head(row.sequence, row.number, row.digest) for row in rows})
        return found

    def _next(
        self, key: tuple[RecordKind, str], before: _Head | None, state: tuple[str, str] | None, source: str
    ) -> dict[str, Any]:
        """Return the row of the next revision; `state` is its content and digest, None in a withdrawal."""
        (kind, id), (content, digest) = key, state or (None, None)
        self._sequence += 1
        return {
            "kind": kind.value,
            "id": id,
            "sequence": self._sequence,
            "number": before.number + 1 if before else 1,
            "content": content,
            "digest": digest,
            "recorded_at": self._now,
            "source": storable(source),
        }

    def _write(self, rows: list[dict[str, Any]]) -> None:
        if not rows:
            return
        self._failed = True
        self._connection.execute(insert(revision), rows)
        columns = ("kind", "id", "sequence", "number", "digest")
        # The last of several revisions of one record is its head.
        heads = {(row["kind"], row["id"]): {name: row[name] for name in columns} for row in rows}
        upsert = insert_into(self._connection, head)
        new = {name: upsert.excluded[name] for name in ("sequence", "number", "digest")}
        self._connection.execute(
            upsert.on_conflict_do_update(index_elements=["kind", "id"], set_=new), list(heads.values())
        )
        self._failed = False

    def _keep_contacts(self, contacts: dict[str, Contact]) -> None:
        given = {id: kept.model_dump() for id, kept in contacts.items()}
        rows = [{"profile_id": id, **fields} for id, fields in given.items() if any(fields.values())]
        if not rows:
            return
        upsert = insert_into(self._connection, contact)
        new = {name: upsert.excluded[name] for name in ("name", "email", "telephone")}
        self._connection.execute(upsert.on_conflict_do_update(index_elements=["profile_id"], set_=new), rows)


def not_found(kind: RecordKind, id: str) -> NotFound:
    """Return the error that says there is no such record."""
    return NotFound(
        f"there is no {kind.value} {id!r}",
        remedy="Check the id: it is the one under which the record was imported or registered",
    )
