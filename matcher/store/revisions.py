"""Revision: one state of a record, and its canonical form by which two states are the same."""

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
    """The kinds of record that the store keeps."""

    PROFILE = "profile"
    NEED = "need"


RECORD_TYPES: Final[dict[RecordKind, type[Profile | Need]]] = {
    RecordKind.PROFILE: Profile,
    RecordKind.NEED: Need,
}


@dataclass(frozen=True)
class Revision(Generic[State_co]):
    """One state of a record. `sequence` orders all revisions of a store; `number` counts those of the record
    from 1; `record` is None in a withdrawal; `recorded_at` is in UTC; `source` says where it came from.
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
    """The latest state of a profile that changed; `profile` is None where it was withdrawn."""

    sequence: int
    id: str
    profile: Profile | None


def kind_of(record: Profile | Need) -> RecordKind:
    """Return the kind of a record."""
    return RecordKind.PROFILE if isinstance(record, Profile) else RecordKind.NEED


def canonical(record: Profile | Need) -> tuple[str, str]:
    """Return the canonical JSON of `record` (unknown values left out, keys sorted) and its SHA-256 in hex."""
    value = record.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    content = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return content, hashlib.sha256(content.encode()).hexdigest()


def latest(kind: RecordKind, at: int | None) -> Select[Any]:
    """Select the latest revision of each record of `kind`, withdrawals included: as of sequence `at`, or now."""
    if at is None:
        return select(revision).join(head, head.c.sequence == revision.c.sequence).where(head.c.kind == kind.value)
    later = revision.alias("later")
    overtaken = exists().where(
        later.c.kind == kind.value,
        later.c.id == revision.c.id,
        later.c.number == revision.c.number + 1,
        later.c.sequence <= at,
    )
    return select(revision).where(revision.c.kind == kind.value, revision.c.sequence <= at, ~overtaken)


def to_revision(row: Row[Any]) -> Revision[Any]:
    """Return a row of the revision table as a value.

    Raises:
        InvalidInput: the record was stored under rules that have since become stricter.

    """
    kind = RecordKind(row.kind)
    return Revision(kind, row.id, row.sequence, row.number, to_record(row), row.recorded_at, row.source)


def to_record(row: Row[Any]) -> Profile | Need | None:
    """Return the record of a row of the revision table, None in a withdrawal; raises as `to_revision`."""
    if row.content is None:
        return None
    place = Place(file=f"revision {row.sequence} of {row.kind} {row.id}")
    kind = cast("type[Profile]", RECORD_TYPES[RecordKind(row.kind)])
    return parse(kind, json.loads(row.content), place=place)
