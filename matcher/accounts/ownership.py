"""Who owns each record, and which records are drafts.

Ownership is stored separately from revisions, because it is not part of a record's content and must not affect the
replay of a decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, select, update

from matcher.accounts.tables import ownership
from matcher.store import RecordKind
from matcher.store.database import Database
from matcher.store.rows import insert_into


@dataclass(frozen=True)
class OwnedRecord:
    """The ownership of a record. `organisation_id` is None if the operator owns it. Only the owner can see a draft."""

    organisation_id: str | None
    draft: bool
    since: datetime


class Ownership:
    """The owners of all records. An imported record has no owner, and no row in the table, until an owner is set."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, kind: RecordKind, id: str) -> OwnedRecord | None:
        """Return the ownership of a record, or None if it has no owner."""
        query = select(ownership).where(ownership.c.kind == kind.value, ownership.c.id == id)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return OwnedRecord(row.organisation_id, row.draft, row.since) if row else None

    def assign(self, kind: RecordKind, id: str, organisation_id: str | None, *, draft: bool = False) -> None:
        """Make an organisation (None for the operator) the owner of a record, replacing any earlier owner."""
        row = {"kind": kind.value, "id": id, "organisation_id": organisation_id, "draft": draft}
        with self._database.joining() as connection:
            upsert = insert_into(connection, ownership).values(**row, since=datetime.now(UTC))
            new = {name: upsert.excluded[name] for name in ("organisation_id", "draft", "since")}
            connection.execute(upsert.on_conflict_do_update(index_elements=["kind", "id"], set_=new))

    def publish(self, kind: RecordKind, id: str) -> None:
        """Make a draft public. A public record stays public."""
        with self._database.joining() as connection:
            row = (ownership.c.kind == kind.value) & (ownership.c.id == id)
            connection.execute(update(ownership).where(row).values(draft=False))

    def owned_by(self, kind: RecordKind, organisation_id: str | None) -> frozenset[str]:
        """Return the ids of the records, including drafts, that an organisation (None for the operator) owns."""
        return self._ids(kind, ownership.c.organisation_id.is_not_distinct_from(organisation_id))

    def drafts(self, kind: RecordKind) -> frozenset[str]:
        """Return the ids of all drafts."""
        return self._ids(kind, ownership.c.draft)

    def hidden_from(self, kind: RecordKind, organisation_id: str | None) -> frozenset[str]:
        """Return the ids of the drafts that an organisation must not see.

        If `organisation_id` is None, return the ids of all drafts.
        """
        others = ownership.c.organisation_id.is_distinct_from(organisation_id)
        return self._ids(kind, ownership.c.draft & (others | ownership.c.organisation_id.is_(None)))

    def _ids(self, kind: RecordKind, condition: ColumnElement[bool]) -> frozenset[str]:
        query = select(ownership.c.id).where(ownership.c.kind == kind.value, condition)
        with self._database.reading() as connection:
            return frozenset(connection.scalars(query))
