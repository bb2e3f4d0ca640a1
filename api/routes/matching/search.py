"""Search: rank the partners that fit a need, with reasons."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Body
from pydantic import Field, StrictBool

from api.access.guard import Access, CallerAccess, GuardedRoute
from api.openapi import examples
from api.openapi.responses import BODY_PROBLEMS, json_response, problem_responses
from api.problems.catalogue import NOT_FOUND, UNAVAILABLE
from api.service import RunningService
from matcher.foundations.errors import InvalidInput, NotFound, Place
from matcher.records import Filters, Need, Record, SearchResult
from matcher.records.fields import MAX_TEXT, Id
from matcher.records.need import FREE_TEXT
from matcher.store import Revision, Store

router = APIRouter(prefix="/v1/search", tags=["search"], route_class=GuardedRoute)

MAX_TOP: Final = 1_000


class UnsavedNeed(Need):
    """A need that is sent with a search and not stored. The id may be left out."""

    id: Id = FREE_TEXT


class SearchRequest(Record):
    """What to search for: exactly one of `need`, `need_id` and `text`."""

    need: UnsavedNeed | None = None
    need_id: Id | None = Field(None, description="Id of a stored need.")
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)] | None = Field(
        None, description="The need as free text."
    )
    filters: Filters = Field(
        Filters(), description="Which partners are eligible, in addition to what the need requires."
    )
    top: Annotated[int, Field(ge=1, le=MAX_TOP, strict=True)] = Field(10, description="How many partners to return.")
    apply_requirements: StrictBool = Field(
        True, description="Whether to leave out partners that do not meet the need's requirements."
    )


@router.post(
    "",
    responses={
        **json_response(200, "The ranked partners, with the parts of each score.", examples.SEARCH_RESULT),
        **BODY_PROBLEMS,
        **problem_responses(NOT_FOUND, UNAVAILABLE),
    },
)
def search(
    request: Annotated[SearchRequest, Body(openapi_examples=examples.SEARCHES)],
    service: RunningService,
    access: CallerAccess,
) -> SearchResult:
    """Rank the partners that fit a need. Every eligible partner is considered."""
    need = requested_need(request, service.store, access)
    service.readiness.require()
    need = need.record if isinstance(need, Revision) else need
    return service.engine.search(need, request.filters, top=request.top, apply_requirements=request.apply_requirements)


def requested_need(request: SearchRequest, store: Store, access: Access) -> Need | Revision[Need]:
    """Return the need to search for. A stored need is returned as its latest revision.

    Raises:
        InvalidInput: `request` gives no need or more than one, or the text is not searchable.
        NotFound: there is no such stored need, or the caller must not know that it exists.

    """
    if sum(value is not None for value in (request.need, request.need_id, request.text)) != 1:
        raise InvalidInput(
            "exactly one of need, need_id and text must be given",
            remedy="Send the need itself, the id of a stored need, or free text",
            place=Place(field="need"),
        )
    if request.need is not None:
        return request.need
    if request.need_id is not None:
        return _stored_need(store, access, request.need_id)
    return _need_of_text(request.text or "")


def _stored_need(store: Store, access: Access, id: str) -> Revision[Need]:
    try:
        access.check_need(id)
        return store.need(id)
    except NotFound as error:
        raise NotFound(error.problem, remedy="Send the id of a stored need", place=Place(field="need_id")) from error


def _need_of_text(text: str) -> Need:
    try:
        return Need.from_text(text)
    except InvalidInput as error:
        remedy = "Describe the need in 1 to 100,000 characters"
        raise InvalidInput(error.problem, remedy=remedy, place=Place(field="text")) from error
