"""Ownership: which organisation a record belongs to, and whether it is still a draft.

It stands apart from the revisions: who owns a record changes nothing of what it says, and replaying what
was said must not depend on it.
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
    """Whose a record is: None where it is the operator's own. A draft is seen by its owner only."""

    organisation_id: str | None
    draft: bool
    since: datetime


class Ownership:
    """Whose records are. A record without a row belongs to nobody: it was imported."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, kind: RecordKind, id: str) -> OwnedRecord | None:
        """Return whose the record is, None where it is nobody's."""
        asked = select(ownership).where(ownership.c.kind == kind.value, ownership.c.id == id)
        with self._database.reading() as connection:
            row = connection.execute(asked).one_or_none()
        return OwnedRecord(row.organisation_id, row.draft, row.since) if row else None

    def assign(self, kind: RecordKind, id: str, organisation_id: str | None, *, draft: bool = False) -> None:
        """Make the record the organisation's, whoever had it before."""
        row = {"kind": kind.value, "id": id, "organisation_id": organisation_id, "draft": draft}
        with self._database.joining() as connection:
            upsert = insert_into(connection, ownership).values(**row, since=datetime.now(UTC))
            new = {name: upsert.excluded[name] for name in ("organisation_id", "draft", "since")}
            connection.execute(upsert.on_conflict_do_update(index_elements=["kind", "id"], set_=new))

    def publish(self, kind: RecordKind, id: str) -> None:
        """Make a draft public; what is public stays so."""
        with self._database.joining() as connection:
            mine = (ownership.c.kind == kind.value) & (ownership.c.id == id)
            connection.execute(update(ownership).where(mine).values(draft=False))

    def owned_by(self, kind: RecordKind, organisation_id: str | None) -> frozenset[str]:
        """Return the ids of the records of an organisation, drafts included; of None, the operator's own."""
        return self._ids(kind, ownership.c.organisation_id.is_not_distinct_from(organisation_id))

    def drafts(self, kind: RecordKind) -> frozenset[str]:
        """Return the ids of all drafts."""
        return self._ids(kind, ownership.c.draft)

    def hidden_from(self, kind: RecordKind, organisation_id: str | None) -> frozenset[str]:
        """Return the ids of the drafts that an organisation may not know of."""
        others = ownership.c.organisation_id.is_distinct_from(organisation_id)
        return self._ids(kind, ownership.c.draft & (others | ownership.c.organisation_id.is_(None)))

    def _ids(self, kind: RecordKind, which: ColumnElement[bool]) -> frozenset[str]:
        asked = select(ownership.c.id).where(ownership.c.kind == kind.value, which)
        with self._database.reading() as connection:
            return frozenset(connection.scalars(asked))
