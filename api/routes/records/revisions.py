"""Records: reading and revising them, and their history, the same for profiles and needs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, TypeVar

from fastapi import Response
from pydantic import BaseModel

from api.problems import CONFLICT, INVALID, MALFORMED, MEDIA, NOT_FOUND, PRECONDITION, TOO_LARGE, documented
from api.requests.preconditions import Preconditions, etag, put
from api.requests.record_ids import same_id
from matcher.records import Contact, Need, Profile
from matcher.store import RecordKind, Revision, Store

R = TypeVar("R", Profile, Need)

READ: Final = documented(NOT_FOUND, INVALID)
SENT: Final = documented(MALFORMED, TOO_LARGE, MEDIA, INVALID)
REVISED: Final = SENT | documented(NOT_FOUND, PRECONDITION)
DECIDED: Final = READ | documented(CONFLICT)


class RevisionEntry(BaseModel):
    """One revision of a record. `sequence` orders all revisions of the register."""

    number: int
    sequence: int
    recorded_at: datetime
    withdrawn: bool


class History(BaseModel):
    """The revisions of a record, the first one first."""

    id: str
    revisions: list[RevisionEntry]


def record_of(kind: type[R], sent: R, id: str) -> R:
    """Return what was sent as a record of the id in the path.

    Raises:
        InvalidInput: it brings another id.

    """
    same_id(sent.id, id)
    fields: dict[str, Any] = {name: getattr(sent, name) for name in kind.model_fields}
    return kind(**{**fields, "id": id})


def shown(revision: Revision[R], response: Response) -> R:
    """Return the record of a revision, its ETag in the headers."""
    response.headers["ETag"] = etag(revision.sequence)
    return revision.record


def revised(store: Store, record: R, asked: Preconditions, response: Response, contact: Contact | None = None) -> R:
    """Put a record if the preconditions hold, and return it, 201 where it is the first of its id."""
    done = put(store, record, asked, contact)
    response.status_code = 201 if done.outcome == "added" else 200
    response.headers["ETag"] = etag(done.sequence)
    return record


def history(store: Store, kind: RecordKind, id: str) -> History:
    """Return the revisions of a record, withdrawals included.

    Raises:
        NotFound: there never was such a record.

    """
    return History(id=id, revisions=[RevisionEntry(**entry(revision)) for revision in store.history(kind, id)])


def entry(revision: Revision[Any]) -> dict[str, Any]:
    """Return the fields of a `RevisionEntry`."""
    same = {name: getattr(revision, name) for name in ("number", "sequence", "recorded_at")}
    return {**same, "withdrawn": revision.record is None}
