"""Code shared by the routes for profiles and needs: reading, revising and withdrawing records."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, TypeVar

from fastapi import Response
from pydantic import BaseModel

from api.openapi.responses import BODY_PROBLEMS, ID_PROBLEMS, Responses, json_response, problem_responses
from api.problems.catalogue import NOT_FOUND, PRECONDITION, ProblemType
from api.requests.preconditions import Preconditions, etag
from api.requests.record_ids import check_same_id
from matcher.foundations.errors import NotFound
from matcher.records import Contact, Need, Profile
from matcher.records.redaction import check_impersonal
from matcher.register import Session
from matcher.store import RecordKind, Revision, Store
from matcher.store.revisions import kind_of

R = TypeVar("R", Profile, Need)

# The `source` of every revision stored by the routes for profiles and needs.
SOURCE: Final = "api"


class RevisionSummary(BaseModel):
    """A revision of a record. `sequence` orders all revisions in the register."""

    number: int
    sequence: int
    recorded_at: datetime
    withdrawn: bool


class RevisionHistory(BaseModel):
    """The revisions of a record, oldest first."""

    id: str
    revisions: list[RevisionSummary]


def read_responses(noun: str, example: Any) -> Responses:
    """Return the responses for a route that reads a record. `noun` is the name for the kind of record."""
    return json_response(200, f"The {noun}.", example, etag=True) | ID_PROBLEMS


def put_responses(noun: str, example: Any, *problem_types: ProblemType) -> Responses:
    """Return the responses for a route that stores a record, including any `problem_types`.

    `noun` is the name for the kind of record.
    """
    return {
        **json_response(200, f"The {noun} as stored, replacing an earlier revision.", example, etag=True),
        **json_response(201, f"The {noun} as stored, the first with this id.", example, etag=True),
        **BODY_PROBLEMS,
        **problem_responses(NOT_FOUND, PRECONDITION, *problem_types),
    }


def record_of(kind: type[R], body: R, id: str) -> R:
    """Return a record of `kind` with the fields from `body` and the id from the path.

    Raises:
        InvalidInput: `body` has a different id, or its fields are not valid.

    """
    check_same_id(body.id, id)
    fields: dict[str, Any] = {name: getattr(body, name) for name in kind.model_fields}
    return kind(**{**fields, "id": id})


def read(revision: Revision[R], response: Response) -> R:
    """Return the record of `revision`, and set the ETag of that revision on `response`."""
    response.headers["ETag"] = etag(revision.sequence)
    return revision.record


def put(store: Store, record: R, preconditions: Preconditions, response: Response, contact: Contact | None = None) -> R:
    """Store `record`, and set the ETag and status of `response`: 201 if the record is new or restored, else 200.

    A record equal to the latest revision is not stored again. `contact` replaces a profile's stored contact. If
    `contact` is None, the stored contact stays as it is.

    Raises:
        InvalidInput: a text of the record contains contact details.
        PreconditionFailed: a precondition does not hold.
        Unavailable: the database is not available.

    """
    check_impersonal(record)
    with store.writing() as writer:
        preconditions.check(_latest_sequence(store, kind_of(record), record.id))
        if isinstance(record, Need):
            stored = writer.put(record, source=SOURCE)
        else:
            stored = Session(writer).put_own([(record, contact)], source=SOURCE)[0]
    response.status_code = 201 if stored.outcome == "added" else 200
    response.headers["ETag"] = etag(stored.sequence)
    return record


def withdraw(store: Store, kind: RecordKind, id: str, preconditions: Preconditions) -> None:
    """Withdraw the record `id`.

    Raises:
        NotFound: there is no such record, or it is already withdrawn.
        PreconditionFailed: a precondition does not hold.
        Unavailable: the database is not available.

    """
    with store.writing() as writer:
        if (current := _latest_sequence(store, kind, id)) is not None:
            preconditions.check(current)
        writer.withdraw(kind, id, source=SOURCE)


def history(store: Store, kind: RecordKind, id: str) -> RevisionHistory:
    """Return the history of the record `id`, including withdrawals.

    Raises:
        NotFound: no record has ever had this id.

    """
    revisions = [RevisionSummary(**summary_fields(revision)) for revision in store.history(kind, id)]
    return RevisionHistory(id=id, revisions=revisions)


def summary_fields(revision: Revision[Any]) -> dict[str, Any]:
    """Return the fields of a `RevisionSummary` for `revision`."""
    fields = {name: getattr(revision, name) for name in ("number", "sequence", "recorded_at")}
    return {**fields, "withdrawn": revision.record is None}


def _latest_sequence(store: Store, kind: RecordKind, id: str) -> int | None:
    try:
        return (store.profile(id) if kind is RecordKind.PROFILE else store.need(id)).sequence
    except NotFound:
        return None
