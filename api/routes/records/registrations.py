"""Registrations: how a supplier prepares a profile before anyone else can see it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, Field

from api.access.guard import CallerAccess, GuardedRoute
from api.access.permissions import AccessScope
from api.openapi import examples
from api.openapi.responses import BODY_PROBLEMS, ID_PROBLEMS, created_response, json_response, problem_responses
from api.problems.catalogue import CONFLICT, NOT_FOUND, PRECONDITION
from api.requests.idempotency import IdempotencyKey
from api.requests.preconditions import RequestPreconditions, etag
from api.requests.record_ids import RecordId, path_of
from api.routes.records.profiles import ProfileUpdate
from api.routes.records.revisions import record_of
from api.service import RunningService
from matcher.accounts import CreatedRecord
from matcher.foundations.errors import Conflict, NotFound
from matcher.records import Contact, Profile
from matcher.records.fields import MAX_CODES, Id
from matcher.registration import (
    Completeness,
    ProfilePreview,
    Registration,
    Registrations,
    SimilarProfile,
    completeness_of,
    preview_of,
)

router = APIRouter(prefix="/v1/registrations", tags=["registrations"], route_class=GuardedRoute)

_NEW: Final[dict[str, Any]] = {"registration": {"value": examples.NEW_PROFILE}}
_UPDATE: Final[dict[str, Any]] = {"registration": {"value": {**examples.PROFILE, "contact": examples.CONTACT}}}
_NEXT_ROUTES: Final = (
    "read_registration",
    "preview_registration",
    "put_registration",
    "confirm_registration",
    "discard_registration",
)
_PROFILE_ROUTES: Final = ("read_profile", "list_opportunities", "put_alert", "export_profile", "withdraw_profile")


class NewProfile(Profile):
    """A profile to register. The service chooses the id."""

    id: Id = Field(default_factory=str, description="Leave it out: the service chooses the id.", max_length=0)
    contact: Contact | None = Field(None, description="Stored separately from the profile and not shown.")


class RegistrationDraft(BaseModel):
    """A registration: the profile so far, what it still lacks, and profiles that may describe the same supplier."""

    profile: Profile
    contact_kept: bool = Field(
        description="Whether a contact is stored. It is not shown; export the profile to see it."
    )
    completeness: Completeness
    similar: list[SimilarProfile] = Field(
        description="Profiles of the same supplier (same identifier) or possibly the same supplier (same name)."
    )


class RegistrationList(BaseModel):
    """The registrations in progress, ordered by id."""

    registrations: list[RegistrationDraft]


class ConfirmationRequest(BaseModel):
    """The body of a confirmation."""

    distinct_from: list[Id] = Field(
        default_factory=list,
        max_length=MAX_CODES,
        description="Ids of profiles that have the same name but belong to other suppliers.",
    )


@router.get("", responses=json_response(200, "The registrations.", {"registrations": [examples.REGISTRATION_DRAFT]}))
def list_registrations(service: RunningService, access: CallerAccess) -> RegistrationList:
    """List the unconfirmed registrations of your organisation.

    Auditors and administrators see every registration.
    """
    stored = service.registrations
    listed = stored.all() if access.scope is AccessScope.ALL else stored.of(access.organisation_id)
    return RegistrationList(registrations=[_draft(stored, registration) for registration in listed])


@router.post(
    "",
    status_code=201,
    response_model_exclude_none=True,
    responses={
        **created_response(
            "The registration, with its new id.", examples.REGISTRATION_DRAFT, "/profile/id", *_NEXT_ROUTES
        ),
        **BODY_PROBLEMS,
        **problem_responses(CONFLICT),
    },
)
def create_registration(
    body: Annotated[NewProfile, Body(openapi_examples=_NEW)],
    service: RunningService,
    access: CallerAccess,
    key: IdempotencyKey,
    response: Response,
) -> RegistrationDraft:
    """Start registering a supplier. Only your organisation sees the registration until you confirm it."""
    request = {"registration": body.model_dump(mode="json", exclude={"id"}, exclude_none=True)}

    def create() -> CreatedRecord:
        profile = record_of(Profile, Profile.model_construct(**dict(body)), "new")
        return CreatedRecord(service.registrations.start(profile, body.contact, access.organisation_id).id)

    service.registrations.follow()
    with service.store.writing():
        created = service.idempotency_keys.run_once(access.organisation_id, key, request, create)
    response.headers["Location"] = path_of("registrations", created.id)
    return _draft_with_etag(service.registrations, _started(service.registrations, created.id), response)


@router.get(
    "/{id:record}/preview",
    response_model_exclude_none=True,
    responses={**json_response(200, "The profile as others will see it.", examples.PROFILE_PREVIEW), **ID_PROBLEMS},
)
def preview_registration(id: RecordId, service: RunningService) -> ProfilePreview:
    """Preview a registration as others will see it and as searches will read it."""
    return preview_of(service.registrations.read(id).profile)


@router.post(
    "/{id:record}/confirmation",
    status_code=201,
    response_model_exclude_none=True,
    responses={
        **created_response("The profile. Searches can find it immediately.", examples.PROFILE, "/id", *_PROFILE_ROUTES),
        **BODY_PROBLEMS,
        **problem_responses(NOT_FOUND, CONFLICT),
    },
)
def confirm_registration(
    id: RecordId,
    body: Annotated[ConfirmationRequest, Body(openapi_examples={"no duplicates": {"value": {}}})],
    service: RunningService,
    access: CallerAccess,
    key: IdempotencyKey,
    response: Response,
) -> Profile:
    """Confirm a registration, which adds its profile to the register.

    If the supplier already has a profile, the confirmation is refused: claim that profile instead.
    """

    def create() -> CreatedRecord:
        _, stored = service.registrations.confirm(writer, id, distinct_from=body.distinct_from)
        return CreatedRecord(id, stored.sequence)

    request = {"confirmation": id, **body.model_dump()}
    service.registrations.follow()
    with service.store.writing() as writer:
        created = service.idempotency_keys.run_once(access.organisation_id, key, request, create)
    first = service.store.profile(id, at=created.sequence)
    response.headers.update({"ETag": etag(first.sequence), "Location": path_of("profiles", id)})
    return first.record


@router.get(
    "/{id:record}",
    response_model_exclude_none=True,
    responses={**json_response(200, "The registration.", examples.REGISTRATION_DRAFT, etag=True), **ID_PROBLEMS},
)
def read_registration(id: RecordId, service: RunningService, response: Response) -> RegistrationDraft:
    """Read a registration: the profile so far, and what it still lacks."""
    return _draft_with_etag(service.registrations, service.registrations.read(id), response)


@router.put(
    "/{id:record}",
    response_model_exclude_none=True,
    responses={
        **json_response(200, "The registration as stored.", examples.REGISTRATION_DRAFT, etag=True),
        **BODY_PROBLEMS,
        **problem_responses(NOT_FOUND, PRECONDITION),
    },
)
def put_registration(
    id: RecordId,
    body: Annotated[ProfileUpdate, Body(openapi_examples=_UPDATE)],
    service: RunningService,
    preconditions: RequestPreconditions,
    response: Response,
) -> RegistrationDraft:
    """Change a registration."""
    profile = record_of(Profile, Profile.model_construct(**dict(body)), id)
    with service.store.writing():
        preconditions.check(service.registrations.read(id).number)
        registration = service.registrations.revise(profile, body.contact)
    return _draft_with_etag(service.registrations, registration, response)


@router.delete("/{id:record}", status_code=204, responses=ID_PROBLEMS)
def discard_registration(id: RecordId, service: RunningService) -> None:
    """Discard a registration and its contact permanently."""
    service.registrations.discard(id)


def _started(registrations: Registrations, id: str) -> Registration:
    try:
        return registrations.read(id)
    except NotFound as error:
        raise Conflict(
            f"the registration {id!r}, which this Idempotency-Key started, was confirmed or discarded",
            remedy="To start another registration, use a new Idempotency-Key",
        ) from error


def _draft_with_etag(registrations: Registrations, registration: Registration, response: Response) -> RegistrationDraft:
    response.headers["ETag"] = etag(registration.number)
    return _draft(registrations, registration)


def _draft(registrations: Registrations, registration: Registration) -> RegistrationDraft:
    return RegistrationDraft(
        profile=registration.profile,
        contact_kept=registration.contact is not None,
        completeness=completeness_of(registration.profile),
        similar=registrations.similar(registration.profile),
    )
