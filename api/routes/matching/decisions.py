"""Decisions: searches kept for good, and what was decided on them."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query
from pydantic import BaseModel, Field

from api.access.guard import Access, Admitted, GuardedRoute
from api.openapi import examples
from api.openapi.responses import described
from api.problems import CONFLICT, INVALID, NOT_FOUND, UNAVAILABLE, documented
from api.routes.matching.search import SearchRequest, wanted
from api.routes.records.revisions import SENT
from api.service import RunningService, alone
from matcher.ledger import Entry, Event
from matcher.records import SearchResult
from matcher.records.fields import Id

router = APIRouter(prefix="/v1", tags=["decisions"], route_class=GuardedRoute)

DecisionId = Annotated[str, Path(pattern=r"^d[0-9]{1,18}$", description="Id of a decision.", examples=["d1"])]


class KeptDecision(BaseModel):
    """A search that was kept as a decision. `hash` is worth noting elsewhere: it speaks for all before it."""

    decision: str
    entry: int
    hash: str
    result: SearchResult


class DecisionInBrief(BaseModel):
    """A decision: its search, and the last event on each profile that something was noted on."""

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


class Decisions(BaseModel):
    """Decisions, the oldest first. `next` is the `after` of the next page, none on the last one."""

    decisions: list[DecisionInBrief]
    next: int | None = None


class KeptCandidate(BaseModel):
    """A candidate of a kept search; `revision` is that of its profile."""

    rank: int
    profile_id: str
    revision: int
    score: float
    probability: float
    contributions: dict[str, float]


class LedgerEntry(BaseModel):
    """An entry of the ledger. `hash` is the SHA-256 of all the rest as canonical JSON."""

    number: int
    decision: str
    event: Event
    recorded_at: datetime
    by: str
    profile: str | None = None
    reason: str | None = None
    previous: str
    hash: str


class WholeDecision(DecisionInBrief):
    """A decision with its entries, every candidate, and the profiles that each filter excluded."""

    entries: list[LedgerEntry]
    every_candidate: list[KeptCandidate]
    excluded_by: dict[str, list[str]]


class Noted(BaseModel):
    """What was decided on a candidate. A rejection needs a reason; closing is about no profile."""

    event: Event
    profile: Id | None = None
    reason: Annotated[str, Field(max_length=500)] | None = None


class ReplayDifference(BaseModel):
    """What was `then` and is `now`, of which profile, and which contribution or filter."""

    what: str
    then: Any
    now: Any
    profile: str | None = None
    name: str | None = None


class ReplayResult(BaseModel):
    """What became of a replay: identical bit for bit, or exactly what differs."""

    decision: str
    identical: bool
    differences: list[ReplayDifference]
    notes: list[str]


@router.post(
    "/decisions",
    status_code=201,
    responses={
        **described(201, "The search, kept as a decision.", examples.KEPT_DECISION),
        **documented(NOT_FOUND, UNAVAILABLE),
        **SENT,
    },
)
def keep_decision(
    asked: Annotated[SearchRequest, Body(openapi_examples=examples.SEARCHES)], service: RunningService, access: Admitted
) -> KeptDecision:
    """Search, and keep for good what was asked, found and left out. Any part of it can be checked later."""
    need = wanted(asked, service.store, access)
    service.readiness.require()
    kept = service.ledger.save(
        service.engine,
        need,
        asked.filters,
        by=actor(access),
        top=asked.top,
        apply_requirements=asked.apply_requirements,
    )
    said = kept.entry.content
    return KeptDecision(decision=said.decision, entry=said.number, hash=kept.entry.hash, result=kept.result)


@router.get(
    "/decisions", responses=described(200, "Decisions.", {"decisions": [examples.DECISION]}) | documented(INVALID)
)
def list_decisions(
    service: RunningService,
    access: Admitted,
    after: Annotated[int, Query(ge=0, le=2**53, description="Only decisions whose first entry is above this.")] = 0,
    limit: Annotated[int, Query(ge=1, le=200, description="How many to return, at most 200.")] = 50,
) -> Decisions:
    """List the decisions of one's organisation; auditors and administrators see all."""
    page = list(islice(service.ledger.decisions(after=after, organisation=access.only()), limit))
    last = page[-1].opening.content.number if len(page) == limit else None
    return Decisions(decisions=[DecisionInBrief(**one.to_json()) for one in page], next=last)


@router.get(
    "/decisions/{id}",
    responses={**described(200, "The decision.", examples.WHOLE_DECISION), **documented(NOT_FOUND, INVALID)},
)
def read_decision(id: DecisionId, service: RunningService) -> WholeDecision:
    """Read all of a decision: every candidate with its score and contributions, and who was left out by what."""
    decision = service.ledger.decision(id)
    answer = service.ledger.result(decision)
    return WholeDecision(
        **decision.to_json(),
        entries=[_told(entry) for entry in (decision.opening, *decision.notes)],
        every_candidate=[KeptCandidate(**one) for one in answer.candidates()],
        excluded_by=answer.excluded_by(),
    )


@router.post(
    "/decisions/{id}/events",
    status_code=201,
    responses={**described(201, "The entry.", examples.ENTRY), **documented(NOT_FOUND, CONFLICT), **SENT},
)
def note_decision(
    id: DecisionId,
    sent: Annotated[Noted, Body(openapi_examples={"shortlist": {"value": examples.NOTED}})],
    service: RunningService,
    access: Admitted,
) -> LedgerEntry:
    """Record what was decided on a candidate: shortlist, reject, invite, engage, award; or close the decision."""
    return _told(service.ledger.note(id, sent.event, sent.profile, by=actor(access), reason=sent.reason))


@router.get(
    "/decisions/{id}/replay",
    responses={**described(200, "What became of it.", examples.REPLAY), **documented(NOT_FOUND, INVALID, UNAVAILABLE)},
)
def replay_decision(id: DecisionId, service: RunningService) -> ReplayResult:
    """Compute a kept search again from the revisions and with the model it saw, and compare bit for bit."""
    with alone(service):
        return ReplayResult(**service.ledger.replay(service.engine, id).to_json())


def actor(access: Access) -> str:
    """Return who acts, as the ledger keeps it: the ids of an organisation and its member, no names."""
    caller = access.caller
    return f"{caller.organisation_id}/{caller.member_id}" if caller.organisation_id else "this-installation"


def _told(entry: Entry) -> LedgerEntry:
    said = entry.to_json()
    return LedgerEntry(**{name: said.get(name) for name in LedgerEntry.model_fields})
