"""The writer, which adds revisions in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, delete, insert, select, update

from matcher.foundations.errors import MatcherError, NotFound
from matcher.records import Contact, Need, Profile
from matcher.records.supplier_kind import in_current_form
from matcher.store.erasures import ErasureKind, Erasures
from matcher.store.revisions import RecordKind, canonical, kind_of
from matcher.store.rows import chunks, insert_into, storable
from matcher.store.schema import clock, contact, head, revision

Outcome = Literal["added", "updated", "unchanged"]

# Number of records in a batch. All the heads for a batch are read together, and all its revisions written together.
BATCH: Final = 1_000


@dataclass(frozen=True)
class Put:
    """The result of `Writer.put` for one record.

    Attributes:
        sequence: the sequence number of the record's latest revision.
        outcome: whether the record was added (or restored), updated, or left unchanged.

    """

    sequence: int
    outcome: Outcome


@dataclass(frozen=True)
class _Head:
    sequence: int
    number: int
    digest: str | None  # None if withdrawn


class Writer:
    """Adds revisions in one transaction, with exclusive use of the sequence numbers until the transaction ends.

    The writer locks the `clock` row, so that sequence numbers have no gaps and become visible in order. The next
    writer waits for the lock. If a transaction rolls back, its numbers are used again.
    """

    def __init__(self, connection: Connection, erasures: Erasures) -> None:
        self._connection = connection
        self._erasures = erasures
        self._start = int(connection.execute(select(clock.c.sequence).with_for_update()).scalar_one())
        self._sequence = self._start
        self._now = datetime.now(UTC)
        self._failed = False
        self.erases = False  # whether this transaction erases a contact

    @property
    def connection(self) -> Connection:
        """The connection that this transaction uses, for code that writes to other tables."""
        return self._connection

    def put(self, record: Profile | Need, *, contact: Contact | None = None, source: str = "") -> Put:
        """Add a revision of `record`, unless the record's latest revision has the same content.

        A profile is stored in its current form: see `in_current_form`.

        If `contact` is not None, it replaces the profile's stored contact. Contacts are not part of revisions.

        Raises:
            Unavailable: the database cannot be used.

        """
        return self.put_many([(record, contact)], source=source)[0]

    def put_many(self, items: Iterable[tuple[Profile | Need, Contact | None]], *, source: str = "") -> list[Put]:
        """Store many records, much faster than by calling `put` for each. Records with the same id are stored in order.

        Raises:
            Unavailable: the database cannot be used.

        """
        return [put for batch in chunks(items, BATCH) for put in self._put_batch(batch, source)]

    def withdraw(self, kind: RecordKind, id: str, *, source: str = "") -> int:
        """Withdraw a record by adding a revision without content. Return the sequence number of the revision.

        If the record is a profile, the contact is erased, because there is no longer a reason to store it. Calling
        `put` later restores the record.

        Raises:
            NotFound: no such record exists, or it is already withdrawn.
            Unavailable: the database cannot be used.

        """
        kind = RecordKind(kind)
        current = self._heads(kind, [id]).get(id)
        if current is None or current.digest is None:
            raise not_found(kind, id)
        if kind is RecordKind.PROFILE:
            self.erases = True
            if self._connection.execute(delete(contact).where(contact.c.profile_id == id)).rowcount:
                self._erasures.record(ErasureKind.CONTACT, id)
        self._write([self._next((kind, id), current, None, source)])
        return self._sequence

    def finish(self) -> None:
        """Set the clock to the last sequence number used, so that the transaction can be committed.

        Raises:
            MatcherError: an earlier write failed, so a commit would leave gaps.

        """
        if self._failed:
            raise MatcherError("the transaction cannot be committed, because one of its writes failed")
        if self._sequence != self._start:
            self._connection.execute(update(clock).values(sequence=self._sequence))

    def _put_batch(self, batch: list[tuple[Profile | Need, Contact | None]], source: str) -> list[Put]:
        heads: dict[tuple[RecordKind, str], _Head] = {}
        for kind in RecordKind:
            ids = [record.id for record, _ in batch if kind_of(record) is kind]
            heads.update({(kind, id): current for id, current in self._heads(kind, ids).items()})
        puts: list[Put] = []
        rows: list[dict[str, Any]] = []
        for record, _ in batch:
            key = (kind_of(record), record.id)
            state = canonical(in_current_form(record) if isinstance(record, Profile) else record)
            before = heads.get(key)
            if before is not None and before.digest == state[1]:
                puts.append(Put(before.sequence, "unchanged"))
                continue
            row = self._next(key, before, state, source)
            rows.append(row)
            heads[key] = _Head(row["sequence"], row["number"], row["digest"])
            puts.append(Put(row["sequence"], "updated" if before and before.digest else "added"))
        self._write(rows)
        self._save_contacts({record.id: saved for record, saved in batch if isinstance(record, Profile) and saved})
        return puts

    def _heads(self, kind: RecordKind, ids: list[str]) -> dict[str, _Head]:
        heads: dict[str, _Head] = {}
        for chunk in chunks(ids):
            query = select(head).where(head.c.kind == kind.value, head.c.id.in_(chunk))
            rows = self._connection.execute(query)
            heads.update({row.id: _Head(row.sequence, row.number, row.digest) for row in rows})
        return heads

    def _next(
        self, key: tuple[RecordKind, str], before: _Head | None, state: tuple[str, str] | None, source: str
    ) -> dict[str, Any]:
        """Return the row for the next revision. `state` is the content and digest, or None for a withdrawal."""
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
        # If `rows` has several revisions of a record, the last one becomes the head of the record.
        heads = {(row["kind"], row["id"]): {name: row[name] for name in columns} for row in rows}
        upsert = insert_into(self._connection, head)
        new = {name: upsert.excluded[name] for name in ("sequence", "number", "digest")}
        self._connection.execute(
            upsert.on_conflict_do_update(index_elements=["kind", "id"], set_=new), list(heads.values())
        )
        self._failed = False

    def _save_contacts(self, contacts: dict[str, Contact]) -> None:
        values = {id: saved.model_dump() for id, saved in contacts.items()}
        rows = [{"profile_id": id, **fields} for id, fields in values.items() if any(fields.values())]
        if not rows:
            return
        upsert = insert_into(self._connection, contact)
        new = {name: upsert.excluded[name] for name in ("name", "email", "telephone")}
        self._connection.execute(upsert.on_conflict_do_update(index_elements=["profile_id"], set_=new), rows)


def not_found(kind: RecordKind, id: str) -> NotFound:
    """Return the error for a record that does not exist."""
    return NotFound(
        f"there is no {kind.value} {id!r}",
        remedy="Check the id. Use the id under which the record was imported or registered",
    )
