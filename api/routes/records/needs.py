"""Needs: what commissioners want to achieve, from draft to award."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel, Field

from api.access.guard import Access, CallerAccess, GuardedRoute
from api.openapi import examples
from api.openapi.responses import (
    BODY_PROBLEMS,
    ID_PROBLEMS,
    WITHDRAWAL_PROBLEMS,
    created_response,
    json_response,
    problem_responses,
)
from api.problems.catalogue import INVALID
from api.requests.idempotency import IdempotencyKey
from api.requests.preconditions import RequestPreconditions, etag
from api.requests.record_ids import RecordId, path_of
from api.routes.records import revisions
from api.routes.records.revisions import RevisionHistory, put_responses, read_responses, record_of
from api.service import RunningService, Service
from matcher.accounts import CreatedRecord
from matcher.accounts.secrets import make_record_id
from matcher.foundations.errors import NotFound
from matcher.records import Need
from matcher.records.fields import Id
from matcher.records.redaction import check_impersonal
from matcher.store import RecordKind, Store

router = APIRouter(prefix="/v1/needs", tags=["needs"], route_class=GuardedRoute)

_UPDATE: Final[dict[str, Any]] = {"need": {"value": examples.NEED}}
_NEW: Final[dict[str, Any]] = {"need": {"value": {name: examples.NEED[name] for name in examples.NEED if name != "id"}}}
_NEXT_ROUTES: Final = ("read_need", "put_need", "publish_need", "withdraw_need")


class NeedUpdate(Need):
    """A need in the body of a PUT request. The path gives the id."""

    id: Id = Field(default_factory=str, description="Must match the id in the path, or be left out.")


class NewNeed(Need):
    """A need to create. The service chooses the id."""

    id: Id = Field(default_factory=str, description="Leave it out: the service chooses the id.", max_length=0)


class NeedPage(BaseModel):
    """A page of needs, ordered by id."""

    needs: list[Need]
    next: str | None = Field(None, description="The `after` value for the next page. Left out on the last page.")


@router.get(
    "",
    response_model_exclude_none=True,
    responses={**json_response(200, "A page of needs.", examples.NEED_PAGE), **problem_responses(INVALID)},
)
def list_needs(
    service: RunningService,
    access: CallerAccess,
    after: Annotated[Id | None, Query(description="Only needs whose id comes after this id.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="How many needs to return, at most 500.")] = 100,
    own: Annotated[bool, Query(description="Only needs of your organisation.")] = False,
    draft: Annotated[
        bool | None, Query(description="`true` for drafts only, `false` for published needs only.")
    ] = None,
) -> NeedPage:
    """List published needs and your own drafts, one page at a time."""
    needs = _own_needs(service, access, after or "") if own else _visible_needs(service.store, access, after or "")
    drafts = service.guard.ownership.drafts(RecordKind.NEED)
    selected = list(islice((need for need in needs if draft in (None, need.id in drafts)), limit + 1))
    page = selected[:limit]
    return NeedPage(needs=page, next=page[-1].id if len(selected) > limit else None)


@router.post(
    "",
    status_code=201,
    response_model_exclude_none=True,
    responses={
        **created_response("The need, as a draft, with its new id.", examples.NEED, "/id", *_NEXT_ROUTES),
        **BODY_PROBLEMS,
    },
)
def create_need(
    body: Annotated[NewNeed, Body(openapi_examples=_NEW)],
    service: RunningService,
    access: CallerAccess,
    key: IdempotencyKey,
    response: Response,
) -> Need:
    """Create a need as a draft. Only your organisation sees a draft until you publish it."""
    request = {"need": body.model_dump(mode="json", exclude={"id"}, exclude_none=True)}

    def create() -> CreatedRecord:
        need = record_of(Need, body, make_record_id(body.title, "need"))
        check_impersonal(need)
        stored = writer.put(need, source=revisions.SOURCE)
        service.guard.ownership.assign(RecordKind.NEED, need.id, access.organisation_id, draft=True)
        return CreatedRecord(need.id, stored.sequence)

    with service.store.writing() as writer:
        created = service.idempotency_keys.run_once(access.organisation_id, key, request, create)
    first = service.store.need(created.id, at=created.sequence)
    response.headers.update({"ETag": etag(first.sequence), "Location": path_of("needs", first.id)})
    return first.record


@router.post("/{id:record}/publication", status_code=204, responses=ID_PROBLEMS)
def publish_need(id: RecordId, service: RunningService) -> None:
    """Publish a draft. Everyone can then see it, and suppliers find it among their opportunities.

    You cannot make a published need a draft again.
    """
    service.store.need(id)
    service.guard.ownership.publish(RecordKind.NEED, id)


@router.get(
    "/{id:record}/history",
    responses={**json_response(200, "The revisions.", {**examples.HISTORY, "id": "example-need"}), **ID_PROBLEMS},
)
def read_need_history(id: RecordId, service: RunningService) -> RevisionHistory:
    """List the revisions of a need, including withdrawals."""
    return revisions.history(service.store, RecordKind.NEED, id)


@router.get("/{id:record}", response_model_exclude_none=True, responses=read_responses("need", examples.NEED))
def read_need(id: RecordId, service: RunningService, response: Response) -> Need:
    """Read the latest revision of a need."""
    return revisions.read(service.store.need(id), response)


@router.put("/{id:record}", response_model_exclude_none=True, responses=put_responses("need", examples.NEED))
def put_need(
    id: RecordId,
    body: Annotated[NeedUpdate, Body(openapi_examples=_UPDATE)],
    service: RunningService,
    preconditions: RequestPreconditions,
    response: Response,
) -> Need:
    """Revise one of your organisation's needs. An administrator can also store a need under a new id.

    Sending the same content again does not create a revision.
    """
    return revisions.put(service.store, record_of(Need, body, id), preconditions, response)


@router.delete("/{id:record}", status_code=204, responses=WITHDRAWAL_PROBLEMS)
def withdraw_need(id: RecordId, service: RunningService, preconditions: RequestPreconditions) -> None:
    """Withdraw a need. Its history remains."""
    revisions.withdraw(service.store, RecordKind.NEED, id, preconditions)


def _visible_needs(store: Store, access: Access, after: str) -> Iterator[Need]:
    hidden = access.hidden_needs()
    return (revision.record for revision in store.needs(after) if revision.id not in hidden)


def _own_needs(service: Service, access: Access, after: str) -> Iterator[Need]:
    for id in sorted(service.guard.ownership.owned_by(RecordKind.NEED, access.organisation_id)):
        if id > after:
            with suppress(NotFound):  # the need is withdrawn
                yield service.store.need(id).record
