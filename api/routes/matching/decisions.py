"""Decisions: searches saved permanently, and the events recorded for them."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query
from pydantic import BaseModel, Field

from api.access.guard import Access, CallerAccess, GuardedRoute
from api.openapi import examples
from api.openapi.responses import BODY_PROBLEMS, ID_PROBLEMS, json_response, problem_responses
from api.problems.catalogue import CONFLICT, INVALID, NOT_FOUND, UNAVAILABLE
from api.routes.matching.search import SearchRequest, requested_need
from api.service import RunningService, exclusive_ledger_check
from matcher.ledger import Entry, Event
from matcher.ledger.entry import RecordedRedaction
from matcher.records import SearchResult
from matcher.records.fields import Id

router = APIRouter(prefix="/v1", tags=["decisions"], route_class=GuardedRoute)

DecisionId = Annotated[str, Path(pattern=r"^d[0-9]{1,18}$", description="Id of a decision.", examples=["d1"])]


class DecisionReceipt(BaseModel):
    """A search saved as a decision.

    Keep a copy of `hash` outside the service. The hash covers this entry and every earlier entry.
    """

    decision: str
    entry: int
    hash: str
    result: SearchResult


class DecisionSummary(BaseModel):
    """A summary of a decision and its search. `standing` gives the latest event for each profile that has events."""

    decision: str
    recorded_at: datetime
    by: str
    need_id: str
    sequence: int
    model: str
    considered: int
    eligible: int
    candidates: int
    shown: list[str]
    closed: bool
    standing: dict[str, Event]


class DecisionPage(BaseModel):
    """Decisions, oldest first. `next` is the `after` value for the next page, or null on the last page."""

    decisions: list[DecisionSummary]
    next: int | None = None


class RecordedCandidate(BaseModel):
    """A candidate in a saved search. `revision` is the profile revision that the search read."""

    rank: int
    profile_id: str
    revision: int
    score: float
    probability: float
    contributions: dict[str, float]


class LedgerEntry(BaseModel):
    """An entry in the ledger."""

    number: Annotated[int, Field(description="Position in the ledger, counting from 1.")]
    decision: Annotated[str, Field(description="Id of the decision.")]
    event: Event
    recorded_at: datetime
    by: Annotated[str, Field(description="Organisation or key that acted.")]
    profile: Annotated[str | None, Field(description="Profile that the event is about.")] = None
    reason: Annotated[str | None, Field(description="Reason given.")] = None
    previous: Annotated[str, Field(description="Hash of the previous entry.")]
    hash: Annotated[str, Field(description="SHA-256 hash of the entry's content as canonical JSON.")]
    redacted: Annotated[
        bool | None, Field(description="True if a passage was erased from the entry. The hash is that of the old text.")
    ] = None
    redactions: Annotated[list[RecordedRedaction] | None, Field(description="The texts that a redaction changed.")] = (
        None
    )


class DecisionDetail(DecisionSummary):
    """A decision with its entries, every candidate, and the profiles that each filter excluded."""

    entries: list[LedgerEntry]
    every_candidate: list[RecordedCandidate]
    excluded_by: dict[str, list[str]]


class DecisionEvent(BaseModel):
    """An event to record for a candidate. A rejection needs a reason. To close the decision, leave out the profile."""

    event: Event
    profile: Id | None = None
    reason: Annotated[str, Field(max_length=500)] | None = None


class ReplayDifference(BaseModel):
    """A difference between the recorded search and its replay."""

    what: Annotated[str, Field(description="What differs.")]
    then: Annotated[Any, Field(description="Value in the recorded search.")]
    now: Annotated[Any, Field(description="Value in the replay.")]
    profile: Annotated[str | None, Field(description="Profile concerned, if any.")] = None
    name: Annotated[str | None, Field(description="Contribution or filter concerned, if any.")] = None


class ReplayResult(BaseModel):
    """The result of a replay: whether it is identical bit for bit, and every difference."""

    decision: str
    identical: bool
    differences: list[ReplayDifference]
    notes: list[str]
    redacted: Annotated[list[str], Field(description="What the search read and has lost words since.")]


@router.post(
    "/decisions",
    status_code=201,
    responses={
        **json_response(201, "The search, saved as a decision.", examples.SAVED_DECISION),
        **BODY_PROBLEMS,
        **problem_responses(NOT_FOUND, UNAVAILABLE),
    },
)
def keep_decision(
    request: Annotated[SearchRequest, Body(openapi_examples=examples.SEARCHES)],
    service: RunningService,
    access: CallerAccess,
) -> DecisionReceipt:
    """Search, and save the request, the results and the excluded profiles permanently, so that you can check them."""
    need = requested_need(request, service.store, access)
    service.readiness.require()
    saved = service.ledger.save(
        service.engine,
        need,
        request.filters,
        by=actor(access),
        top=request.top,
        apply_requirements=request.apply_requirements,
    )
    content = saved.entry.content
    return DecisionReceipt(decision=content.decision, entry=content.number, hash=saved.entry.hash, result=saved.result)


@router.get(
    "/decisions",
    responses={
        **json_response(200, "The decisions.", {"decisions": [examples.DECISION_SUMMARY]}),
        **problem_responses(INVALID),
    },
)
def list_decisions(
    service: RunningService,
    access: CallerAccess,
    after: Annotated[
        int, Query(ge=0, le=2**53, description="Only decisions whose first entry has a higher number than this.")
    ] = 0,
    limit: Annotated[int, Query(ge=1, le=200, description="How many decisions to return, at most 200.")] = 50,
) -> DecisionPage:
    """List the decisions of your organisation. Auditors and administrators see every decision."""
    page = list(islice(service.ledger.decisions(after=after, organisation=access.organisation_filter()), limit))
    last = page[-1].opening.content.number if len(page) == limit else None
    return DecisionPage(decisions=[DecisionSummary(**decision.to_json()) for decision in page], next=last)


@router.get(
    "/decisions/{id}",
    responses={**json_response(200, "The decision.", examples.DECISION_DETAIL), **ID_PROBLEMS},
)
def read_decision(id: DecisionId, service: RunningService) -> DecisionDetail:
    """Read a decision in full: every candidate with its score, and the profiles that each filter excluded."""
    decision = service.ledger.decision(id)
    result = service.ledger.result(decision)
    return DecisionDetail(
        **decision.to_json(),
        entries=[ledger_entry(entry) for entry in (decision.opening, *decision.notes)],
        every_candidate=[RecordedCandidate(**candidate) for candidate in result.candidates()],
        excluded_by=result.excluded_by(),
    )


@router.post(
    "/decisions/{id}/events",
    status_code=201,
    responses={
        **json_response(201, "The entry.", examples.ENTRY),
        **BODY_PROBLEMS,
        **problem_responses(NOT_FOUND, CONFLICT),
    },
)
def note_decision(
    id: DecisionId,
    body: Annotated[DecisionEvent, Body(openapi_examples={"shortlist": {"value": examples.DECISION_EVENT}})],
    service: RunningService,
    access: CallerAccess,
) -> LedgerEntry:
    """Record an event for a candidate (shortlist, reject, invite, engage or award), or close the decision."""
    return ledger_entry(service.ledger.note(id, body.event, body.profile, by=actor(access), reason=body.reason))


@router.get(
    "/decisions/{id}/replay",
    responses={
        **json_response(200, "The result of the replay.", examples.REPLAY),
        **ID_PROBLEMS,
        **problem_responses(UNAVAILABLE),
    },
)
def replay_decision(id: DecisionId, service: RunningService) -> ReplayResult:
    """Replay a saved search with its original revisions and model, and compare the results bit for bit."""
    with exclusive_ledger_check(service):
        return ReplayResult(**service.ledger.replay(service.engine, id).to_json())


def actor(access: Access) -> str:
    """Return the caller as recorded in the ledger: the ids of the organisation and the member, without names.

    Return `this-installation` for a caller without an organisation.
    """
    caller = access.caller
    return f"{caller.organisation_id}/{caller.member_id}" if caller.organisation_id else "this-installation"


def ledger_entry(entry: Entry) -> LedgerEntry:
    """Return `entry` as the service shows it."""
    content = entry.to_json()
    return LedgerEntry(**{name: content.get(name) for name in LedgerEntry.model_fields})
