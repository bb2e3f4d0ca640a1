"""Revisions: the states of a record, compared by their canonical form."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar, cast

from sqlalchemy import Row, Select, exists, select

from matcher.foundations.errors import Place
from matcher.records import Need, Profile, parse
from matcher.store.schema import head, revision

State_co = TypeVar("State_co", covariant=True)


class RecordKind(StrEnum):
    """The kinds of record in the store."""

    PROFILE = "profile"
    NEED = "need"


RECORD_TYPES: Final[dict[RecordKind, type[Profile | Need]]] = {
    RecordKind.PROFILE: Profile,
    RecordKind.NEED: Need,
}


@dataclass(frozen=True)
class Revision(Generic[State_co]):
    """One state of a record.

    `sequence` orders all revisions in a store, and `number` is this revision's number within the record,
    counting from 1. `record` is None for a withdrawal. `recorded_at` is in UTC. `source` says where the record came
    from.
    """

    kind: RecordKind
    id: str
    sequence: int
    number: int
    record: State_co
    recorded_at: datetime
    source: str


@dataclass(frozen=True)
class Change:
    """The latest state of a profile that changed. `profile` is None if the profile was withdrawn."""

    sequence: int
    id: str
    profile: Profile | None


def kind_of(record: Profile | Need) -> RecordKind:
    """Return the kind of `record`."""
    return RecordKind.PROFILE if isinstance(record, Profile) else RecordKind.NEED


def canonical(record: Profile | Need) -> tuple[str, str]:
    """Return the canonical JSON of `record` (sorted keys, no default values) and its hexadecimal SHA-256 hash."""
    value = record.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    content = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return content, hashlib.sha256(content.encode()).hexdigest()


def latest(kind: RecordKind, at: int | None) -> Select[Any]:
    """Return a query for the latest revision of each record of `kind`, including withdrawals.

    If `at` is not None, revisions with a sequence number above `at` are ignored.
    """
    if at is None:
        return select(revision).join(head, head.c.sequence == revision.c.sequence).where(head.c.kind == kind.value)
    later = revision.alias("later")
    superseded = exists().where(
        later.c.kind == kind.value,
        later.c.id == revision.c.id,
        later.c.number == revision.c.number + 1,
        later.c.sequence <= at,
    )
    return select(revision).where(revision.c.kind == kind.value, revision.c.sequence <= at, ~superseded)


def to_revision(row: Row[Any]) -> Revision[Any]:
    """Convert a row of the revision table to a `Revision`.

    Raises:
        InvalidInput: the record breaks a rule in this version that did not apply when the record was stored.

    """
    kind = RecordKind(row.kind)
    return Revision(kind, row.id, row.sequence, row.number, to_record(row), row.recorded_at, row.source)


def to_record(row: Row[Any]) -> Profile | Need | None:
    """Return the record in a row of the revision table, or None for a withdrawal. Errors are as in `to_revision`."""
    if row.content is None:
        return None
    place = Place(file=f"revision {row.sequence} of {row.kind} {row.id}")
    kind = cast("type[Profile]", RECORD_TYPES[RecordKind(row.kind)])
    return parse(kind, json.loads(row.content), place=place, stored=True)
