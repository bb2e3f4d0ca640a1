"""Search: the partners that fit a need, ranked, with reasons."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Body
from pydantic import Field, StrictBool

from api.access.guard import Access, Admitted, GuardedRoute
from api.openapi import examples
from api.openapi.responses import described
from api.problems import INVALID, MALFORMED, MEDIA, NOT_FOUND, TOO_LARGE, UNAVAILABLE, documented
from api.service import RunningService
from matcher.foundations.errors import InvalidInput, NotFound, Place
from matcher.records import Filters, Need, Record, SearchResult
from matcher.records.fields import MAX_TEXT, Id
from matcher.records.need import FREE_TEXT
from matcher.store import Revision, Store

router = APIRouter(prefix="/v1/search", tags=["search"], route_class=GuardedRoute)

MAX_TOP: Final = 1_000


class StatedNeed(Need):
    """A need stated with the search and kept nowhere. It needs no id."""

    id: Id = FREE_TEXT


class SearchRequest(Record):
    """What to search for: exactly one of `need`, `need_id` and `text`."""

    need: StatedNeed | None = None
    need_id: Id | None = Field(None, description="Id of a stored need.")
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)] | None = Field(
        None, description="The need in free words."
    )
    filters: Filters = Field(Filters(), description="Who is eligible, besides what the need requires.")
    top: Annotated[int, Field(ge=1, le=MAX_TOP, strict=True)] = Field(10, description="How many partners to return.")
    apply_requirements: StrictBool = Field(
        True, description="Whether what the need requires also decides who is eligible."
    )


@router.post(
    "",
    responses={
        **described(200, "The ranked partners, with what each score is made of.", examples.RESULT),
        **documented(MALFORMED, NOT_FOUND, TOO_LARGE, MEDIA, INVALID, UNAVAILABLE),
    },
)
def search(
    asked: Annotated[SearchRequest, Body(openapi_examples=examples.SEARCHES)], service: RunningService, access: Admitted
) -> SearchResult:
    """Rank the partners that fit a need. Everyone eligible is considered."""
    need = wanted(asked, service.store, access)
    service.readiness.require()
    need = need.record if isinstance(need, Revision) else need
    return service.engine.search(need, asked.filters, top=asked.top, apply_requirements=asked.apply_requirements)


def wanted(asked: SearchRequest, store: Store, access: Access) -> Need | Revision[Need]:
    """Return the need that is asked about, of a stored one its latest revision.

    Raises:
        InvalidInput: none is named, or several, or the text cannot be searched for.
        NotFound: there is no such need, as far as who asks may know.

    """
    if sum(given is not None for given in (asked.need, asked.need_id, asked.text)) != 1:
        raise InvalidInput(
            "exactly one of need, need_id and text must be given",
            remedy="Give the need itself, the id of a stored need, or a text",
            place=Place(field="need"),
        )
    if asked.need is not None:
        return asked.need
    if asked.need_id is not None:
        return _stored(store, access, asked.need_id)
    return _in_words(asked.text or "")


def _stored(store: Store, access: Access, id: str) -> Revision[Need]:
    try:
        access.check_need(id)
        return store.need(id)
    except NotFound as error:
        raise NotFound(error.problem, remedy="Give the id of a stored need", place=Place(field="need_id")) from error


def _in_words(text: str) -> Need:
    try:
        return Need.of_text(text)
    except InvalidInput as error:
        raise InvalidInput(
            error.problem, remedy="Say in words what is needed, in 1 to 100,000 characters", place=Place(field="text")
        ) from error
