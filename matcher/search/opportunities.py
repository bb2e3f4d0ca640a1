"""Opportunities: the search reversed. The open needs that fit one supplier, by the scores it has in their searches.

Each need is searched as it always is, but among one profile. Counts of words are over the whole register
there as here, so the score, its parts and its evidence are those that the commissioner sees.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from matcher.foundations.arrays import Mask
from matcher.index import Eligible, Index, query_for
from matcher.index.eligibility import passing
from matcher.records import Evidence, Filters, Match, Need, Record, Stage
from matcher.records.policy import Band
from matcher.search.engine import Engine, Ranking, ranking_of
from matcher.store import RecordKind
from matcher.store.writer import not_found


class Opportunity(Record):
    """An open need that fits. `score` is the sum of `contributions`, in their order."""

    rank: int
    need_id: str
    title: str
    buyer: str | None = None
    region: str | None = None
    value: float | None = None
    stage: Stage | None = None
    closes: date | None = None
    score: float
    probability: float
    band: Band
    contributions: dict[str, float]
    evidence: tuple[Evidence, ...]


class Opportunities(Record):
    """The open needs that fit a supplier, best first. `considered` counts the open needs, `excluded` those for
    which the supplier does not meet what is required, by what it misses.
    """

    profile_id: str
    sequence: int
    model: str
    considered: int
    eligible: int
    excluded: dict[str, int]
    results: tuple[Opportunity, ...]


def opportunities_for(
    engine: Engine,
    profile_id: str,
    *,
    hidden: Collection[str] = (),
    top: int = 10,
    apply_requirements: bool = True,
    on: date | None = None,
) -> Opportunities:
    """Return the `top` open needs for a profile; needs with equal scores stand in alphabetical order of their ids.

    Args:
        hidden: ids of needs that are not to be seen, the drafts.
        apply_requirements: whether a need is left out where the supplier misses what it requires.
        on: the day on which a need must be open and accreditations held; today by default.

    Raises:
        NotFound: there is no such profile.

    """
    found = opportunities_of(
        engine, [profile_id], hidden=hidden, top=top, apply_requirements=apply_requirements, on=on or date.today()
    )
    if profile_id not in found:
        raise not_found(RecordKind.PROFILE, profile_id)
    return found[profile_id]


def opportunities_of(
    engine: Engine,
    profile_ids: Sequence[str],
    *,
    hidden: Collection[str],
    top: int,
    apply_requirements: bool = True,
    on: date,
) -> dict[str, Opportunities]:
    """Return, as `opportunities_for` does, the opportunities of several profiles; absent ones are left out.

    Each need is read and searched once for all of them, so that many cost little more than one.

    """
    index = engine.index()
    searches = [_Search(id, row) for id, row in _rows(index, profile_ids).items()]
    considered = 0
    for need in _open_needs(engine, hidden, on):
        considered += 1
        required = passing(index.profiles, Filters.required_by(need), on) if apply_requirements else {}
        _score(engine, index, need, [search for search in searches if search.meets(required)], on)
    return {search.id: search.result(engine, index, considered, top) for search in searches}


@dataclass
class _Search:
    """What is found for one profile: the needs that fit with the scores of it, and what it misses of others."""

    id: str
    row: int
    found: list[tuple[float, Need, Ranking]] = field(default_factory=list)
    excluded: Counter[str] = field(default_factory=Counter)

    def meets(self, required: Mapping[str, Mask]) -> bool:
        missed = [name for name, mask in required.items() if not mask[self.row]]
        self.excluded.update(missed)
        return not missed

    def result(self, engine: Engine, index: Index, considered: int, top: int) -> Opportunities:
        self.found.sort(key=lambda one: (-one[0], one[1].id))
        results = [
            _opportunity(rank, need, engine.explain(need, ranking, 1).results[0])
            for rank, (_, need, ranking) in enumerate(self.found[:top], start=1)
        ]
        return Opportunities(
            profile_id=self.id,
            sequence=index.sequence,
            model=f"{engine.model.name}-{engine.model.version}",
            considered=considered,
            eligible=len(self.found),
            excluded=dict(sorted(self.excluded.items())),
            results=tuple(results),
        )


def _score(engine: Engine, index: Index, need: Need, searches: Sequence[_Search], on: date) -> None:
    """Search a need among the profiles of `searches`, and keep with each what it scored."""
    if not searches:
        return
    among = np.zeros(len(index.live), dtype=bool)
    among[[search.row for search in searches]] = True
    query = query_for(need, engine.encoder, on)
    ranking = ranking_of(index, query, Eligible(among, len(searches), {}), engine.model, depth=len(searches))
    positions = {int(row): position for position, row in enumerate(ranking.candidates.profiles)}
    for search in searches:
        alone = replace(ranking, order=np.array([positions[search.row]]))
        search.found.append((float(ranking.scored.scores[alone.order[0]]), need, alone))


def is_open(need: Need, on: date) -> bool:
    """Whether a supplier can still answer `need` on the day `on`."""
    published = need.published is None or need.published <= on
    return published and need.stage is not Stage.AWARD and (need.closes is None or need.closes >= on)


def _open_needs(engine: Engine, hidden: Collection[str], on: date) -> Iterator[Need]:
    needs = (revision.record for revision in engine.store.needs())
    return (need for need in needs if need.id not in hidden and is_open(need, on))


def _rows(index: Index, profile_ids: Sequence[str]) -> dict[str, int]:
    rows = np.flatnonzero(np.isin(index.profiles.id, np.array(profile_ids, dtype=np.str_)) & index.live)
    return {str(index.profiles.id[row]): int(row) for row in rows}


def _opportunity(rank: int, need: Need, match: Match) -> Opportunity:
    same = {name: getattr(match, name) for name in ("score", "probability", "band", "contributions", "evidence")}
    told = {name: getattr(need, name) for name in ("title", "region", "value", "stage", "closes")}
    return Opportunity(rank=rank, need_id=need.id, buyer=need.buyer.name if need.buyer else None, **told, **same)
