"""Needs: what commissioners want to bring about, from a draft to an award."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel, Field

from api.access.guard import Access, Admitted, GuardedRoute
from api.openapi import examples
from api.openapi.responses import created, described
from api.problems import INVALID, PRECONDITION, documented
from api.requests.idempotency import IdempotencyKey
from api.requests.preconditions import Asked, etag, withdraw
from api.requests.record_ids import RecordId, path_of
from api.routes.records.revisions import READ, REVISED, SENT, History, history, record_of, revised, shown
from api.service import RunningService, Service
from matcher.accounts.secrets import make_record_id
from matcher.foundations.errors import NotFound
from matcher.records import Need
from matcher.records.fields import Id
from matcher.store import RecordKind, Store

router = APIRouter(prefix="/v1/needs", tags=["needs"], route_class=GuardedRoute)

_SENT: Final[dict[str, Any]] = {"need": {"value": examples.NEED}}
_NEW: Final[dict[str, Any]] = {"need": {"value": {name: examples.NEED[name] for name in examples.NEED if name != "id"}}}
_SOURCE: Final = "api"
_NEXT: Final = ("read_need", "put_need", "publish_need", "withdraw_need")


class SentNeed(Need):
    """A need as it is sent: its id is that of the path."""

    id: Id = Field(default_factory=str, description="That of the path, or left out.")


class NewNeed(Need):
    """A need as it is created: its id is given to it."""

    id: Id = Field(default_factory=str, description="Left out: an id is given to the need.", max_length=0)


class Needs(BaseModel):
    """A page of needs in the order of their ids."""

    needs: list[Need]
    next: str | None = Field(None, description="The `after` of the next page; left out on the last one.")


@router.get(
    "",
    response_model_exclude_none=True,
    responses={**described(200, "A page of needs.", examples.NEEDS), **documented(INVALID)},
)
def list_needs(
    service: RunningService,
    access: Admitted,
    after: Annotated[Id | None, Query(description="Only needs whose id comes after this one.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="How many needs a page has, at most 500.")] = 100,
    own: Annotated[bool, Query(description="Only needs of one's own organisation.")] = False,
    draft: Annotated[bool | None, Query(description="Only drafts, or only what is published.")] = None,
) -> Needs:
    """List the needs that are published and one's own drafts, a page at a time."""
    found = _own(service, access, after or "") if own else _seen(service.store, access, after or "")
    drafts = service.guard.ownership.drafts(RecordKind.NEED)
    several = list(islice((need for need in found if draft in (None, need.id in drafts)), limit + 1))
    page = several[:limit]
    return Needs(needs=page, next=page[-1].id if len(several) > limit else None)


@router.post(
    "",
    status_code=201,
    response_model_exclude_none=True,
    responses={**created("The need as a draft, with the id it was given.", examples.NEED, "/id", *_NEXT), **SENT},
)
def create_need(
    sent: Annotated[NewNeed, Body(openapi_examples=_NEW)],
    service: RunningService,
    access: Admitted,
    key: IdempotencyKey,
    response: Response,
) -> Need:
    """Create a need as a draft, which only one's own organisation sees until it is published."""
    asked = sent.model_dump(mode="json", exclude={"id"}, exclude_none=True)

    def create() -> dict[str, Any]:
        need = record_of(Need, sent, make_record_id(sent.title, "need"))
        put = writer.put(need, source=_SOURCE)
        service.guard.ownership.give(RecordKind.NEED, need.id, access.organisation_id, draft=True)
        return {"sequence": put.sequence, "need": need.model_dump(mode="json", exclude_none=True)}

    with service.store.writing() as writer:
        answer = service.creations.once(access.organisation_id, key, {"need": asked}, create)
    need = Need.model_validate(answer["need"])
    response.headers.update({"ETag": etag(answer["sequence"]), "Location": path_of("needs", need.id)})
    return need


@router.post("/{id:record}/publication", status_code=204, responses=READ)
def publish_need(id: RecordId, service: RunningService) -> None:
    """Publish a draft: everybody sees it and suppliers find it among their opportunities. There is no way back."""
    service.store.need(id)
    service.guard.ownership.publish(RecordKind.NEED, id)


@router.get(
    "/{id:record}/history",
    responses={**described(200, "The revisions.", {**examples.HISTORY, "id": "example-need"}), **READ},
)
def read_need_history(id: RecordId, service: RunningService) -> History:
    """List the revisions of a need, withdrawals included."""
    return history(service.store, RecordKind.NEED, id)


@router.get(
    "/{id:record}",
    response_model_exclude_none=True,
    responses={**described(200, "The need.", examples.NEED, revision=True), **READ},
)
def read_need(id: RecordId, service: RunningService, response: Response) -> Need:
    """Read a need as it stands."""
    return shown(service.store.need(id), response)


@router.put(
    "/{id:record}",
    response_model_exclude_none=True,
    responses={
        **described(200, "The need as now kept, in place of an earlier one.", examples.NEED, revision=True),
        **described(201, "The need as now kept, the first of this id.", examples.NEED, revision=True),
        **REVISED,
    },
)
def put_need(
    id: RecordId,
    sent: Annotated[SentNeed, Body(openapi_examples=_SENT)],
    service: RunningService,
    asked: Asked,
    response: Response,
) -> Need:
    """Revise a need of one's own; an administrator may record one under any id. The same again makes no revision."""
    return revised(service.store, record_of(Need, sent, id), asked, response)


@router.delete("/{id:record}", status_code=204, responses={**READ, **documented(PRECONDITION)})
def withdraw_need(id: RecordId, service: RunningService, asked: Asked) -> None:
    """Withdraw a need. Its history stays."""
    withdraw(service.store, RecordKind.NEED, id, asked)


def _seen(store: Store, access: Access, after: str) -> Iterator[Need]:
    hidden = access.hidden_needs()
    return (revision.record for revision in store.needs(after) if revision.id not in hidden)


def _own(service: Service, access: Access, after: str) -> Iterator[Need]:
    for id in sorted(service.guard.ownership.owned(RecordKind.NEED, access.organisation_id)):
        if id > after:
            with suppress(NotFound):  # withdrawn
                yield service.store.need(id).record
