"""Profiles: what suppliers can do, stored as revisions."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, Field

from api.access.guard import CallerAccess, GuardedRoute
from api.access.permissions import AccessScope
from api.openapi import examples
from api.openapi.responses import ID_PROBLEMS, WITHDRAWAL_PROBLEMS, json_response
from api.problems.catalogue import CONFLICT
from api.requests.preconditions import RequestPreconditions
from api.requests.record_ids import RecordId
from api.routes.records import revisions
from api.routes.records.revisions import (
    RevisionHistory,
    RevisionSummary,
    put_responses,
    read_responses,
    record_of,
    summary_fields,
)
from api.service import RunningService
from matcher.accounts import Claim
from matcher.alerts import Alert
from matcher.records import Contact, Profile
from matcher.records.fields import Id
from matcher.registration import Completeness, completeness_of
from matcher.store import RecordKind

router = APIRouter(prefix="/v1/profiles", tags=["profiles"], route_class=GuardedRoute)

_UPDATE: Final[dict[str, Any]] = {"profile": {"value": {**examples.PROFILE, "contact": examples.CONTACT}}}


class ProfileUpdate(Profile):
    """A profile in the body of a PUT request, with an optional contact. The path gives the id."""

    id: Id = Field(default_factory=str, description="Must match the id in the path, or be left out.")
    contact: Contact | None = Field(
        None, description="Stored separately from the profile and not shown. Leave it out to keep the stored contact."
    )


class ExportedRevision(RevisionSummary):
    """A revision with its content. `source` says where the revision came from."""

    source: str
    profile: Profile | None = None


class ProfileExport(BaseModel):
    """Everything stored about a supplier, including the contact."""

    id: str
    organisation_id: str | None = None
    profile: Profile | None = None
    contact: Contact | None = None
    revisions: list[ExportedRevision]
    claims: list[Claim]
    alert: Alert | None = None


@router.get("/{id:record}/history", responses={**json_response(200, "The revisions.", examples.HISTORY), **ID_PROBLEMS})
def read_profile_history(id: RecordId, service: RunningService) -> RevisionHistory:
    """List the revisions of a profile, including withdrawals."""
    return revisions.history(service.store, RecordKind.PROFILE, id)


@router.get(
    "/{id:record}/completeness",
    responses={**json_response(200, "How complete the profile is.", examples.COMPLETENESS), **ID_PROBLEMS},
)
def read_profile_completeness(id: RecordId, service: RunningService) -> Completeness:
    """Read what a profile lacks, and how adding what is missing would help commissioners find the supplier."""
    return completeness_of(service.store.profile(id).record)


@router.get(
    "/{id:record}/export",
    response_model_exclude_none=True,
    responses={**json_response(200, "Everything stored.", examples.PROFILE_EXPORT), **ID_PROBLEMS},
)
def export_profile(id: RecordId, service: RunningService, access: CallerAccess) -> ProfileExport:
    """Export everything stored about a supplier. This also works for a withdrawn profile."""
    store, owner = service.store, service.guard.ownership.of(RecordKind.PROFILE, id)
    history = store.history(RecordKind.PROFILE, id)
    latest = history[-1].record
    return ProfileExport(
        id=id,
        organisation_id=owner.organisation_id if owner else None,
        profile=latest if isinstance(latest, Profile) else None,
        contact=store.contact(id),
        revisions=[
            ExportedRevision(**summary_fields(revision), source=revision.source, profile=revision.record)
            for revision in history
        ],
        claims=[claim for claim in service.claims.on_profile(id) if access.may_see(claim.organisation_id)],
        alert=service.alerts.find(id),
    )


@router.delete("/{id:record}/contact", status_code=204, responses=ID_PROBLEMS)
def erase_profile_contact(id: RecordId, service: RunningService) -> None:
    """Erase a profile's contact permanently. The profile remains."""
    if not service.store.erase_contact(id):
        service.store.profile(id)  # no contact is stored: raise NotFound unless the profile exists


@router.get("/{id:record}", response_model_exclude_none=True, responses=read_responses("profile", examples.PROFILE))
def read_profile(id: RecordId, service: RunningService, response: Response) -> Profile:
    """Read the latest revision of a profile."""
    return revisions.read(service.store.profile(id), response)


@router.put(
    "/{id:record}",
    response_model_exclude_none=True,
    responses=put_responses("profile", examples.PROFILE, CONFLICT),
)
def put_profile(
    id: RecordId,
    body: Annotated[ProfileUpdate, Body(openapi_examples=_UPDATE)],
    service: RunningService,
    access: CallerAccess,
    preconditions: RequestPreconditions,
    response: Response,
) -> Profile:
    """Revise one of your organisation's profiles. An administrator can also store a profile under a new id.

    Sending the same content again does not create a revision.
    """
    profile = record_of(Profile, body, id)
    if access.scope is AccessScope.OWN:
        service.registrations.check_numbers(profile)
    return revisions.put(service.store, profile, preconditions, response, body.contact)


@router.delete("/{id:record}", status_code=204, responses=WITHDRAWAL_PROBLEMS)
def withdraw_profile(id: RecordId, service: RunningService, preconditions: RequestPreconditions) -> None:
    """Withdraw a profile. Searches do not find a withdrawn profile. The contact is erased, and the history remains."""
    revisions.withdraw(service.store, RecordKind.PROFILE, id, preconditions)
