"""Profiles: what suppliers can do, one revision after the other."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, Field

from api import examples
from api.bodies import JsonRoute
from api.described import described
from api.paths import RecordId, same_id
from api.preconditions import Asked, etag, put, withdraw
from api.problems import INVALID, MALFORMED, MEDIA, NOT_FOUND, PRECONDITION, TOO_LARGE, UNAVAILABLE, documented
from api.service import Running
from matcher.records import Contact, Profile
from matcher.records.fields import Id
from matcher.store import RecordKind

router = APIRouter(prefix="/v1/profiles", tags=["profiles"], route_class=JsonRoute)

_READ: Final = documented(NOT_FOUND, INVALID, UNAVAILABLE)
_WRITTEN: Final = documented(MALFORMED, PRECONDITION, TOO_LARGE, MEDIA, INVALID, UNAVAILABLE)
_SENT: Final[dict[str, Any]] = {"profile": {"value": {**examples.PROFILE, "contact": examples.CONTACT}}}


class SentProfile(Profile):
    """A profile as it is sent: its id is that of the path, and it may bring whom to write to."""

    id: Id = Field(default_factory=str, description="That of the path, or left out.")
    contact: Contact | None = Field(
        None, description="Kept apart from the profile, never shown here. Left out, what is kept stays."
    )


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


@router.get("/{id:path}/history", responses={**described(200, "The revisions.", examples.HISTORY), **_READ})
def read_profile_history(id: RecordId, service: Running) -> History:
    """List the revisions of a profile, withdrawals included."""
    found = service.store.history(RecordKind.PROFILE, id)
    return History(
        id=id,
        revisions=[
            RevisionEntry(
                number=revision.number,
                sequence=revision.sequence,
                recorded_at=revision.recorded_at,
                withdrawn=revision.record is None,
            )
            for revision in found
        ],
    )


@router.delete("/{id:path}/contact", status_code=204, responses=_READ)
def erase_profile_contact(id: RecordId, service: Running) -> None:
    """Erase whom to write to, for good. The profile stays."""
    if not service.store.erase_contact(id):
        service.store.profile(id)  # nothing was kept; there may be no such profile at all


@router.get(
    "/{id:path}",
    response_model_exclude_none=True,
    responses={**described(200, "The profile.", examples.PROFILE, revision=True), **_READ},
)
def read_profile(id: RecordId, service: Running, response: Response) -> Profile:
    """Read a profile as it stands."""
    revision = service.store.profile(id)
    response.headers["ETag"] = etag(revision.sequence)
    return revision.record


@router.put(
    "/{id:path}",
    response_model_exclude_none=True,
    responses={
        **described(200, "The profile as now kept, in place of an earlier one.", examples.PROFILE, revision=True),
        **described(201, "The profile as now kept, the first of this id.", examples.PROFILE, revision=True),
        **_WRITTEN,
    },
)
def put_profile(
    id: RecordId,
    sent: Annotated[SentProfile, Body(openapi_examples=_SENT)],
    service: Running,
    asked: Asked,
    response: Response,
) -> Profile:
    """Register a profile or revise it. The same content again makes no new revision."""
    same_id(sent.id, id)
    fields = {name: getattr(sent, name) for name in Profile.model_fields}
    profile = Profile(**{**fields, "id": id})
    done = put(service.store, profile, asked, sent.contact)
    response.status_code = 201 if done.outcome == "added" else 200
    response.headers["ETag"] = etag(done.sequence)
    return profile


@router.delete("/{id:path}", status_code=204, responses={**_READ, **documented(PRECONDITION)})
def withdraw_profile(id: RecordId, service: Running, asked: Asked) -> None:
    """Withdraw a profile: it is found no more, its contact is erased, its history stays."""
    withdraw(service.store, RecordKind.PROFILE, id, asked)
