"""Opportunities: a reverse search, which finds the open needs that fit a supplier.

Each need is searched as usual, but only among a few profiles. Lexical weights still come from the whole register, so
the supplier sees the same score, parts and evidence as the commissioner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated

import numpy as np
from pydantic import Field

from matcher.foundations.arrays import Mask
from matcher.index import Eligible, Index, passing, query_for
from matcher.records import Evidence, Filters, Match, Need, Record, Stage
from matcher.records.policy import Band
from matcher.search.engine import Engine
from matcher.search.ranking import Ranking, ranking_of
from matcher.store import RecordKind
from matcher.store.writer import not_found


class Opportunity(Record):
    """An open need that fits a supplier."""

    rank: Annotated[int, Field(description="Position among the opportunities, counting from 1.")]
    need_id: str
    title: str
    buyer: str | None = None
    region: str | None = None
    value: float | None = None
    stage: Stage | None = None
    closes: date | None = None
    score: Annotated[float, Field(description="Sum of the contributions, added in order.")]
    probability: float
    band: Band
    reasons: tuple[str, ...] = ()
    contributions: dict[str, float]
    evidence: tuple[Evidence, ...]


class Opportunities(Record):
    """The open needs that fit a supplier."""

    profile_id: str
    sequence: Annotated[int, Field(description="Sequence number of the latest revision searched.")]
    model: Annotated[str, Field(description="Name and version of the scoring model.")]
    considered: Annotated[int, Field(description="Number of open needs.")]
    eligible: Annotated[int, Field(description="Number of open needs whose requirements the supplier meets.")]
    excluded: Annotated[dict[str, int], Field(description="Number of open needs excluded by each requirement.")]
    results: Annotated[tuple[Opportunity, ...], Field(description="Opportunities, best first.")]


def opportunities_for(
    engine: Engine,
    profile_id: str,
    *,
    hidden: Collection[str] = (),
    top: int = 10,
    apply_requirements: bool = True,
    on: date | None = None,
) -> Opportunities:
    """Return the best `top` open needs for a profile. Ties are broken by need id, in alphabetical order.

    Args:
        engine: the engine that searches the needs.
        profile_id: the id of the profile.
        hidden: the ids of draft needs, which the supplier may not see.
        top: the maximum number of needs to return.
        apply_requirements: whether to exclude needs whose requirements the supplier does not meet.
        on: the day on which needs must be open and accreditations valid, by default today.

    Raises:
        NotFound: no profile has this id.

    """
    by_profile = opportunities_of(
        engine, [profile_id], hidden=hidden, top=top, apply_requirements=apply_requirements, on=on or date.today()
    )
    if profile_id not in by_profile:
        raise not_found(RecordKind.PROFILE, profile_id)
    return by_profile[profile_id]


def opportunities_of(
    engine: Engine,
    profile_ids: Sequence[str],
    *,
    hidden: Collection[str],
    top: int,
    apply_requirements: bool = True,
    on: date,
) -> dict[str, Opportunities]:
    """Return the result of `opportunities_for` for each of several profiles, by id. Unknown ids are left out.

    Each need is read and searched once for all profiles, so many profiles take little longer than one.
    """
    index = engine.index()
    searches = [_ReverseSearch(id, row) for id, row in _rows(index, profile_ids).items()]
    considered = 0
    for need in _open_needs(engine, hidden, on):
        considered += 1
        required = passing(index.profiles, Filters.required_by(need), on) if apply_requirements else {}
        _score(engine, index, need, [search for search in searches if search.meets(required)], on)
    return {search.id: search.result(engine, index, considered, top) for search in searches}


@dataclass
class _ReverseSearch:
    """The needs scored for one profile so far, and how many needs each unmet requirement has excluded."""

    id: str
    row: int
    scored: list[tuple[float, Need, Ranking]] = field(default_factory=list)
    excluded: Counter[str] = field(default_factory=Counter)

    def meets(self, required: Mapping[str, Mask]) -> bool:
        """Return whether the profile meets all requirements. Count each unmet requirement."""
        missed = [name for name, mask in required.items() if not mask[self.row]]
        self.excluded.update(missed)
        return not missed

    def result(self, engine: Engine, index: Index, considered: int, top: int) -> Opportunities:
        """Return the best `top` needs with reasons."""
        self.scored.sort(key=lambda item: (-item[0], item[1].id))
        results = [
            _opportunity(rank, need, engine.explain(need, ranking, 1).results[0])
            for rank, (_, need, ranking) in enumerate(self.scored[:top], start=1)
        ]
        return Opportunities(
            profile_id=self.id,
            sequence=index.sequence,
            model=f"{engine.model.name}-{engine.model.version}",
            considered=considered,
            eligible=len(self.scored),
            excluded=dict(sorted(self.excluded.items())),
            results=tuple(results),
        )


def _score(engine: Engine, index: Index, need: Need, searches: Sequence[_ReverseSearch], on: date) -> None:
    """Score the profiles in `searches` for `need`, and add each score to the search for that profile."""
    if not searches:
        return
    mask = np.zeros(len(index.live), dtype=bool)
    mask[[search.row for search in searches]] = True
    query = query_for(need, engine.encoder, on)
    ranking = ranking_of(index, query, Eligible(mask, len(searches), {}), engine.model, depth=len(searches))
    positions = {int(row): position for position, row in enumerate(ranking.candidates.profiles)}
    for search in searches:
        alone = replace(ranking, order=np.array([positions[search.row]]))
        search.scored.append((float(ranking.scored.scores[alone.order[0]]), need, alone))


def is_open(need: Need, on: date) -> bool:
    """Return whether `need` is open to suppliers on day `on`, which means published, not awarded and not closed."""
    published = need.published is None or need.published <= on
    return published and need.stage is not Stage.AWARD and (need.closes is None or need.closes >= on)


def _open_needs(engine: Engine, hidden: Collection[str], on: date) -> Iterator[Need]:
    needs = (revision.record for revision in engine.store.needs())
    return (need for need in needs if need.id not in hidden and is_open(need, on))


def _rows(index: Index, profile_ids: Sequence[str]) -> dict[str, int]:
    """Return the row of each live profile among `profile_ids`, by id."""
    rows = np.flatnonzero(np.isin(index.profiles.id, np.array(profile_ids, dtype=np.str_)) & index.live)
    return {str(index.profiles.id[row]): int(row) for row in rows}


def _opportunity(rank: int, need: Need, match: Match) -> Opportunity:
    shown = ("score", "probability", "band", "reasons", "contributions", "evidence")
    of_match = {name: getattr(match, name) for name in shown}
    of_need = {name: getattr(need, name) for name in ("title", "region", "value", "stage", "closes")}
    buyer = need.buyer.name if need.buyer else None
    return Opportunity(rank=rank, need_id=need.id, buyer=buyer, **of_need, **of_match)
