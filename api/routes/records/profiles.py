"""Profiles: what suppliers can do, one revision after the other."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, Field

from api.access.guard import Admitted, GuardedRoute
from api.access.permissions import Reach
from api.openapi import examples
from api.openapi.responses import described
from api.problems import CONFLICT, PRECONDITION, documented
from api.requests.preconditions import Asked, withdraw
from api.requests.record_ids import RecordId
from api.routes.records.revisions import (
    READ,
    REVISED,
    History,
    RevisionEntry,
    entry,
    history,
    record_of,
    revised,
    shown,
)
from api.service import RunningService
from matcher.accounts import Claim
from matcher.alerts import Alert
from matcher.records import Contact, Profile
from matcher.records.fields import Id
from matcher.registration import Completeness, completeness_of
from matcher.store import RecordKind

router = APIRouter(prefix="/v1/profiles", tags=["profiles"], route_class=GuardedRoute)

_SENT: Final[dict[str, Any]] = {"profile": {"value": {**examples.PROFILE, "contact": examples.CONTACT}}}


class SentProfile(Profile):
    """A profile as it is sent: its id is that of the path, and it may bring whom to write to."""

    id: Id = Field(default_factory=str, description="That of the path, or left out.")
    contact: Contact | None = Field(
        None, description="Kept apart from the profile, never shown here. Left out, what is kept stays."
    )


class KeptRevision(RevisionEntry):
    """A revision with all it says; `source` is where it came from."""

    source: str
    profile: Profile | None = None


class Export(BaseModel):
    """Everything that is kept of a supplier, the contact included."""

    id: str
    organisation_id: str | None = None
    profile: Profile | None = None
    contact: Contact | None = None
    revisions: list[KeptRevision]
    claims: list[Claim]
    alert: Alert | None = None


@router.get("/{id:record}/history", responses={**described(200, "The revisions.", examples.HISTORY), **READ})
def read_profile_history(id: RecordId, service: RunningService) -> History:
    """List the revisions of a profile, withdrawals included."""
    return history(service.store, RecordKind.PROFILE, id)


@router.get("/{id:record}/completeness", responses={**described(200, "What is there.", examples.COMPLETENESS), **READ})
def read_profile_completeness(id: RecordId, service: RunningService) -> Completeness:
    """Say what a profile lacks, and what each piece of it would do for being found."""
    return completeness_of(service.store.profile(id).record)


@router.get(
    "/{id:record}/export",
    response_model_exclude_none=True,
    responses={**described(200, "Everything that is kept.", examples.EXPORT), **READ},
)
def export_profile(id: RecordId, service: RunningService, access: Admitted) -> Export:
    """Give everything that is kept of a supplier, for them to take away. Works for a withdrawn profile, too."""
    store, owning = service.store, service.guard.ownership.of(RecordKind.PROFILE, id)
    found = store.history(RecordKind.PROFILE, id)
    latest = found[-1].record
    return Export(
        id=id,
        organisation_id=owning.organisation_id if owning else None,
        profile=latest if isinstance(latest, Profile) else None,
        contact=store.contact(id),
        revisions=[
            KeptRevision(**entry(revision), source=revision.source, profile=revision.record) for revision in found
        ],
        claims=[claim for claim in service.claims.on(id) if access.may_see(claim.organisation_id)],
        alert=service.alerts.find(id),
    )


@router.delete("/{id:record}/contact", status_code=204, responses=READ)
def erase_profile_contact(id: RecordId, service: RunningService) -> None:
    """Erase whom to write to, for good. The profile stays."""
    if not service.store.erase_contact(id):
        service.store.profile(id)  # nothing was kept; there may be no such profile at all


@router.get(
    "/{id:record}",
    response_model_exclude_none=True,
    responses={**described(200, "The profile.", examples.PROFILE, revision=True), **READ},
)
def read_profile(id: RecordId, service: RunningService, response: Response) -> Profile:
    """Read a profile as it stands."""
    return shown(service.store.profile(id), response)


@router.put(
    "/{id:record}",
    response_model_exclude_none=True,
    responses={
        **described(200, "The profile as now kept, in place of an earlier one.", examples.PROFILE, revision=True),
        **described(201, "The profile as now kept, the first of this id.", examples.PROFILE, revision=True),
        **REVISED,
        **documented(CONFLICT),
    },
)
def put_profile(
    id: RecordId,
    sent: Annotated[SentProfile, Body(openapi_examples=_SENT)],
    service: RunningService,
    access: Admitted,
    asked: Asked,
    response: Response,
) -> Profile:
    """Revise a profile of one's own; an administrator may record one under any id. The same again makes no revision."""
    profile = record_of(Profile, sent, id)
    if access.reach is Reach.OWN:
        service.registrations.check_numbers(profile)
    return revised(service.store, profile, asked, response, sent.contact)


@router.delete("/{id:record}", status_code=204, responses={**READ, **documented(PRECONDITION)})
def withdraw_profile(id: RecordId, service: RunningService, asked: Asked) -> None:
    """Withdraw a profile: it is found no more, its contact is erased, its history stays."""
    withdraw(service.store, RecordKind.PROFILE, id, asked)
