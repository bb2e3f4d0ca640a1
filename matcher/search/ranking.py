"""Rankings: the candidates of a search, scored and put in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from matcher.foundations.arrays import Floats, Rows
from matcher.index import Eligible, Index, Prefilter, Query, highest, retrieve, retrieve_batch
from matcher.records import Filters, Need
from matcher.scoring import AdditiveModel, Candidates, Scored


@dataclass(frozen=True)
class Ranking:
    """All candidates of one search with their scores, and what the scores were computed from.

    `order` holds the positions of the candidates, highest score first. Ties are broken by id, in alphabetical order.
    `readings`, shape (candidates,), holds the second reading of each candidate, NaN where there was none.
    """

    index: Index
    query: Query
    eligible: Eligible
    model: AdditiveModel
    candidates: Candidates
    scored: Scored
    order: Rows
    readings: Floats

    @property
    def ids(self) -> list[str]:
        """The ids of the candidates, best first."""
        return [str(id) for id in self.index.profiles.id[self.candidates.profiles[self.order]]]

    @property
    def is_read(self) -> bool:
        """Whether some candidates were read a second time."""
        return not bool(np.isnan(self.readings).all())

    @property
    def probabilities(self) -> Floats:
        """The probability of each candidate, shape (candidates,), in the order of the candidates."""
        return self.model.probability(self.scored.scores, read=self.is_read)

    def read(self, readings: Floats) -> Ranking:
        """Return the ranking with a second reading of some candidates, shape (candidates,), NaN for the others."""
        scored = self.model.with_readings(self.scored, readings)
        return replace(self, scored=scored, order=_order(self.index, self.candidates, scored.scores), readings=readings)


def eligible_in(index: Index, need: Need, filters: Filters, apply_requirements: bool, on: date) -> Eligible:
    """Return the profiles that pass `filters` on day `on`.

    If `apply_requirements` is true, the profiles must also meet the requirements of `need`.
    """
    return index.eligible([filters, Filters.required_by(need)] if apply_requirements else [filters], on)


def ranking_of(index: Index, query: Query, eligible: Eligible, model: AdditiveModel, *, depth: int) -> Ranking:
    """Retrieve candidates from the eligible profiles, `depth` by meaning and `depth` by words, and score them."""
    return _ranked(index, query, eligible, model, retrieve(index, eligible.mask, query, depth=depth))


def rankings_of(
    index: Index,
    prefilter: Prefilter,
    searches: Sequence[tuple[Query, Eligible]],
    model: AdditiveModel,
    *,
    depth: int,
) -> Iterator[Ranking]:
    """Yield exactly what `ranking_of` returns for each of `searches`, but in a fraction of the time."""
    masks = [(eligible.mask, query) for query, eligible in searches]
    retrieved = retrieve_batch(index, prefilter, masks, depth=depth)
    for (query, eligible), candidates in zip(searches, retrieved, strict=True):
        yield _ranked(index, query, eligible, model, candidates)


def _ranked(index: Index, query: Query, eligible: Eligible, model: AdditiveModel, candidates: Candidates) -> Ranking:
    scored = model.score(candidates, query.facts)
    order = _order(index, candidates, scored.scores)
    return Ranking(index, query, eligible, model, candidates, scored, order, np.full(len(candidates), np.nan))


def _order(index: Index, candidates: Candidates, scores: Floats) -> Rows:
    return highest(scores, index.id_ranks[candidates.profiles], len(candidates))
