"""Registrations: how a supplier puts a profile together before anybody else sees it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, Field

from api.access.guard import Admitted, GuardedRoute
from api.access.permissions import Reach
from api.openapi import examples
from api.openapi.responses import created, described
from api.problems import CONFLICT, NOT_FOUND, PRECONDITION, documented
from api.requests.idempotency import IdempotencyKey
from api.requests.preconditions import Asked, etag
from api.requests.record_ids import RecordId, path_of
from api.routes.records.profiles import SentProfile
from api.routes.records.revisions import READ, SENT, record_of
from api.service import RunningService
from matcher.records import Contact, Profile
from matcher.records.fields import MAX_CODES, Id
from matcher.registration import (
    Completeness,
    ProfilePreview,
    Registration,
    Registrations,
    Similar,
    completeness_of,
    preview_of,
)

router = APIRouter(prefix="/v1/registrations", tags=["registrations"], route_class=GuardedRoute)

_BEGUN: Final[dict[str, Any]] = {"registration": {"value": examples.NEW_PROFILE}}
_SENT: Final[dict[str, Any]] = {"registration": {"value": {**examples.PROFILE, "contact": examples.CONTACT}}}
_NEXT: Final = (
    "read_registration",
    "preview_registration",
    "put_registration",
    "confirm_registration",
    "discard_registration",
)
_THEN: Final = ("read_profile", "list_opportunities", "put_alert", "export_profile", "withdraw_profile")


class NewProfile(Profile):
    """A profile as its registration begins: its id is given to it."""

    id: Id = Field(default_factory=str, description="Left out: an id is given to the profile.", max_length=0)
    contact: Contact | None = Field(None, description="Whom to write to; kept apart, shown to nobody.")


class Draft(BaseModel):
    """A registration: the profile as it stands, what it lacks, and who in the register may be the same supplier."""

    profile: Profile
    contact_kept: bool = Field(description="Whether a contact is kept. It is not shown; export the profile to see it.")
    completeness: Completeness
    similar: list[Similar] = Field(
        description="Profiles that are, by identifier, or may be, by name, the same supplier."
    )


class Drafts(BaseModel):
    """The registrations under way, in the order of their ids."""

    registrations: list[Draft]


class Confirmation(BaseModel):
    """What is said with a confirmation."""

    distinct_from: list[Id] = Field(
        default_factory=list,
        max_length=MAX_CODES,
        description="Ids of profiles of the same name that are known to be of others.",
    )


@router.get("", responses=described(200, "The registrations.", {"registrations": [examples.DRAFT]}))
def list_registrations(service: RunningService, access: Admitted) -> Drafts:
    """List the registrations of one's own organisation that are not confirmed yet."""
    kept = service.registrations
    found = kept.all() if access.reach is Reach.ALL else kept.of(access.organisation_id)
    return Drafts(registrations=[_draft(service.registrations, made) for made in found])


@router.post(
    "",
    status_code=201,
    response_model_exclude_none=True,
    responses={**created("The registration, with the id it was given.", examples.DRAFT, "/profile/id", *_NEXT), **SENT},
)
def create_registration(
    sent: Annotated[NewProfile, Body(openapi_examples=_BEGUN)],
    service: RunningService,
    access: Admitted,
    key: IdempotencyKey,
    response: Response,
) -> Draft:
    """Begin to register a supplier. Nobody else sees it before it is confirmed."""
    asked = sent.model_dump(mode="json", exclude={"id"}, exclude_none=True)

    def create() -> dict[str, Any]:
        profile = record_of(Profile, Profile.model_construct(**dict(sent)), "new")
        made = service.registrations.begin(profile, sent.contact, access.organisation_id)
        return _draft(service.registrations, made).model_dump(mode="json", exclude_none=True)

    service.registrations.follow()
    with service.store.writing():
        answer = service.creations.once(access.organisation_id, key, {"registration": asked}, create)
    draft = Draft.model_validate(answer)
    response.headers.update({"ETag": etag(1), "Location": path_of("registrations", draft.profile.id)})
    return draft


@router.get(
    "/{id:record}/preview",
    response_model_exclude_none=True,
    responses={**described(200, "As others will see it.", examples.PREVIEW), **READ},
)
def preview_registration(id: RecordId, service: RunningService) -> ProfilePreview:
    """Show a registration as others will see it, and as search will read it."""
    return preview_of(service.registrations.read(id).profile)


@router.post(
    "/{id:record}/confirmation",
    status_code=201,
    response_model_exclude_none=True,
    responses={
        **created("The profile, now in the register and found at once.", examples.PROFILE, "/id", *_THEN),
        **SENT,
        **documented(NOT_FOUND, CONFLICT),
    },
)
def confirm_registration(
    id: RecordId,
    sent: Annotated[Confirmation, Body(openapi_examples={"nothing to say": {"value": {}}})],
    service: RunningService,
    access: Admitted,
    key: IdempotencyKey,
    response: Response,
) -> Profile:
    """Confirm a registration. A supplier that is in the register already is not doubled: claim its profile instead."""

    def create() -> dict[str, Any]:
        profile, put = service.registrations.confirm(writer, id, distinct_from=sent.distinct_from)
        return {"sequence": put.sequence, "profile": profile.model_dump(mode="json", exclude_none=True)}

    service.registrations.follow()
    with service.store.writing() as writer:
        answer = service.creations.once(access.organisation_id, key, {"confirmation": id, **sent.model_dump()}, create)
    response.headers.update({"ETag": etag(answer["sequence"]), "Location": path_of("profiles", id)})
    return Profile.model_validate(answer["profile"])


@router.get(
    "/{id:record}",
    response_model_exclude_none=True,
    responses={**described(200, "The registration.", examples.DRAFT, revision=True), **READ},
)
def read_registration(id: RecordId, service: RunningService, response: Response) -> Draft:
    """Read a registration: the profile as it stands and what it lacks."""
    return _shown(service.registrations, service.registrations.read(id), response)


@router.put(
    "/{id:record}",
    response_model_exclude_none=True,
    responses={
        **described(200, "The registration as now kept.", examples.DRAFT, revision=True),
        **SENT,
        **documented(NOT_FOUND, PRECONDITION),
    },
)
def put_registration(
    id: RecordId,
    sent: Annotated[SentProfile, Body(openapi_examples=_SENT)],
    service: RunningService,
    asked: Asked,
    response: Response,
) -> Draft:
    """Change a registration."""
    profile = record_of(Profile, Profile.model_construct(**dict(sent)), id)
    with service.store.writing():
        asked.check(service.registrations.read(id).number)
        made = service.registrations.revise(profile, sent.contact)
    return _shown(service.registrations, made, response)


@router.delete("/{id:record}", status_code=204, responses=READ)
def discard_registration(id: RecordId, service: RunningService) -> None:
    """Discard a registration, and the contact with it."""
    service.registrations.discard(id)


def _shown(registrations: Registrations, made: Registration, response: Response) -> Draft:
    response.headers["ETag"] = etag(made.number)
    return _draft(registrations, made)


def _draft(registrations: Registrations, made: Registration) -> Draft:
    return Draft(
        profile=made.profile,
        contact_kept=made.contact is not None,
        completeness=completeness_of(made.profile),
        similar=registrations.similar(made.profile),
    )
