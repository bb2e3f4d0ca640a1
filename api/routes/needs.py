"""Needs: what commissioners want to bring about."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel, Field

from api import examples
from api.bodies import JsonRoute
from api.described import described
from api.paths import RecordId, same_id
from api.preconditions import Asked, etag, put, withdraw
from api.problems import INVALID, MALFORMED, MEDIA, NOT_FOUND, PRECONDITION, TOO_LARGE, UNAVAILABLE, documented
from api.service import Running
from matcher.records import Need
from matcher.records.fields import Id
from matcher.store import RecordKind

router = APIRouter(prefix="/v1/needs", tags=["needs"], route_class=JsonRoute)

_READ: Final = documented(NOT_FOUND, INVALID, UNAVAILABLE)
_WRITTEN: Final = documented(MALFORMED, PRECONDITION, TOO_LARGE, MEDIA, INVALID, UNAVAILABLE)
_SENT: Final[dict[str, Any]] = {"need": {"value": examples.NEED}}


class SentNeed(Need):
    """A need as it is sent: its id is that of the path."""

    id: Id = Field(default_factory=str, description="That of the path, or left out.")


class Needs(BaseModel):
    """A page of needs in the order of their ids."""

    needs: list[Need]
    next: str | None = Field(None, description="The `after` of the next page; left out on the last one.")


@router.get(
    "",
    response_model_exclude_none=True,
    responses={**described(200, "A page of needs.", examples.NEEDS), **documented(INVALID, UNAVAILABLE)},
)
def list_needs(
    service: Running,
    after: Annotated[Id | None, Query(description="Only needs whose id comes after this one.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="How many needs a page has at most.")] = 100,
) -> Needs:
    """List the needs, a page at a time."""
    found = [revision.record for revision in islice(service.store.needs(after or ""), limit + 1)]
    page = found[:limit]
    return Needs(needs=page, next=page[-1].id if len(found) > limit else None)


@router.get(
    "/{id:path}",
    response_model_exclude_none=True,
    responses={**described(200, "The need.", examples.NEED, revision=True), **_READ},
)
def read_need(id: RecordId, service: Running, response: Response) -> Need:
    """Read a need as it stands."""
    revision = service.store.need(id)
    response.headers["ETag"] = etag(revision.sequence)
    return revision.record


@router.put(
    "/{id:path}",
    response_model_exclude_none=True,
    responses={
        **described(200, "The need as now kept, in place of an earlier one.", examples.NEED, revision=True),
        **described(201, "The need as now kept, the first of this id.", examples.NEED, revision=True),
        **_WRITTEN,
    },
)
def put_need(
    id: RecordId,
    sent: Annotated[SentNeed, Body(openapi_examples=_SENT)],
    service: Running,
    asked: Asked,
    response: Response,
) -> Need:
    """Record a need or revise it. The same content again makes no new revision."""
    same_id(sent.id, id)
    fields = {name: getattr(sent, name) for name in Need.model_fields}
    need = Need(**{**fields, "id": id})
    done = put(service.store, need, asked)
    response.status_code = 201 if done.outcome == "added" else 200
    response.headers["ETag"] = etag(done.sequence)
    return need


@router.delete("/{id:path}", status_code=204, responses={**_READ, **documented(PRECONDITION)})
def withdraw_need(id: RecordId, service: Running, asked: Asked) -> None:
    """Withdraw a need. Its history stays."""
    withdraw(service.store, RecordKind.NEED, id, asked)
