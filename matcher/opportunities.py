"""Opportunities: the search reversed. The open needs that fit one supplier, by the scores it has in their searches.

Each need is searched as it always is, but among one profile. Counts of words are over the whole register
there as here, so the score, its parts and its evidence are those that the commissioner sees.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import date

import numpy as np

from matcher.engine import Engine, ranking_of
from matcher.index import Eligible, Index, query_for
from matcher.index.eligibility import passing
from matcher.records import Evidence, Filters, Match, Need, Record, Stage
from matcher.records.policy import Band
from matcher.store.revisions import RecordKind
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
    on, index = on or date.today(), engine.index()
    row = _row(index, profile_id)
    considered, excluded = 0, Counter[str]()
    found: list[tuple[Need, Match]] = []
    for need in _open_needs(engine, hidden, on):
        considered += 1
        missed = [
            name for name, mask in passing(index.profiles, Filters.required_by(need), on).items() if not mask[row]
        ]
        excluded.update(missed if apply_requirements else [])
        if not (missed and apply_requirements):
            found.append((need, _match(engine, index, row, need, on)))
    found.sort(key=lambda pair: (-pair[1].score, pair[0].id))
    return Opportunities(
        profile_id=profile_id,
        sequence=index.sequence,
        model=f"{engine.model.name}-{engine.model.version}",
        considered=considered,
        eligible=len(found),
        excluded=dict(sorted(excluded.items())),
        results=tuple(_opportunity(rank, *pair) for rank, pair in enumerate(found[:top], start=1)),
    )


def is_open(need: Need, on: date) -> bool:
    """Whether a supplier can still answer `need` on the day `on`."""
    published = need.published is None or need.published <= on
    return published and need.stage is not Stage.AWARD and (need.closes is None or need.closes >= on)


def _open_needs(engine: Engine, hidden: Collection[str], on: date) -> Iterator[Need]:
    needs = (revision.record for revision in engine.store.needs())
    return (need for need in needs if need.id not in hidden and is_open(need, on))


def _row(index: Index, profile_id: str) -> int:
    rows = np.flatnonzero((index.profiles.id == profile_id) & index.live)
    if not len(rows):
        raise not_found(RecordKind.PROFILE, profile_id)
    return int(rows[0])


def _match(engine: Engine, index: Index, row: int, need: Need, on: date) -> Match:
    only = np.zeros(len(index.live), dtype=bool)
    only[row] = True
    query = query_for(need, engine.encoder, on)
    ranking = ranking_of(index, query, Eligible(only, 1, {}), engine.model, depth=1, on=on)
    return engine.told(need, ranking, 1).results[0]


def _opportunity(rank: int, need: Need, match: Match) -> Opportunity:
    same = {name: getattr(match, name) for name in ("score", "probability", "band", "contributions", "evidence")}
    told = {name: getattr(need, name) for name in ("title", "region", "value", "stage", "closes")}
    return Opportunity(rank=rank, need_id=need.id, buyer=need.buyer.name if need.buyer else None, **told, **same)
