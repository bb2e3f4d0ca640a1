"""Engine: the one way in. Retrieve, score, explain.

It keeps an index in step with the store: before each answer it looks at the store's sequence number and
takes in what has changed since.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np
from numpy.typing import NDArray

from matcher.embedding import CachedEncoder, Progress
from matcher.foundations.arrays import Rows
from matcher.index import Coarse, Eligible, Index, Query, Snapshots, highest, query_for, retrieve, retrieve_together
from matcher.records import Filters, Need, SearchResult
from matcher.scoring.model import AdditiveModel, Scored
from matcher.scoring.signals import Candidates
from matcher.search.explanations import Findings, findings_of, sequences_of
from matcher.store import Store

# Called once it is known how many passages are to be encoded; returns what to tell of each step.
Announce = Callable[[int], Progress]


@dataclass(frozen=True)
class Ranking:
    """All candidates of one search, scored, and what they were computed from.

    `order` holds their positions, highest score first; equal scores in alphabetical order of ids.
    """

    index: Index
    query: Query
    eligible: Eligible
    model: AdditiveModel
    candidates: Candidates
    scored: Scored
    order: Rows

    @property
    def ids(self) -> list[str]:
        """The ids of the candidates, highest first."""
        return [str(id) for id in self.index.profiles.id[self.candidates.profiles[self.order]]]

    def findings(self, top: int) -> Findings:
        """Return what is shown of it: the `top` candidates."""
        order = self.order[:top]
        return findings_of(self.index, self.eligible, self.model, self.candidates, self.scored, order)


def eligible_in(index: Index, need: Need, filters: Filters, apply_requirements: bool, on: date) -> Eligible:
    """Return who passes `filters` and, if asked, meets what `need` requires, on the day `on`."""
    return index.eligible([filters, Filters.required_by(need)] if apply_requirements else [filters], on)


def ranking_of(
    index: Index, query: Query, eligible: Eligible, model: AdditiveModel, *, depth: int, on: date
) -> Ranking:
    """Retrieve the candidates among the eligible, `depth` by each way of searching, and score them by `model`."""
    return ranked(index, query, eligible, model, retrieve(index, eligible.mask, query, depth=depth, on=on))


def rankings_of(
    index: Index,
    coarse: Coarse,
    asked: Sequence[tuple[Query, Eligible]],
    model: AdditiveModel,
    *,
    depth: int,
    on: date,
) -> Iterator[Ranking]:
    """Yield for each of `asked` what `ranking_of` returns, bit for bit, in a fraction of the time."""
    masks = [(eligible.mask, query) for query, eligible in asked]
    together = retrieve_together(index, coarse, masks, depth=depth, on=on)
    for (query, eligible), candidates in zip(asked, together, strict=True):
        yield ranked(index, query, eligible, model, candidates)


def ranked(index: Index, query: Query, eligible: Eligible, model: AdditiveModel, candidates: Candidates) -> Ranking:
    """Score `candidates` by `model` and put them in their order."""
    scored = model.score(candidates, query.facts)
    order = highest(scored.scores, index.by_id[candidates.profiles], len(candidates))
    return Ranking(index, query, eligible, model, candidates, scored, order)


class Engine:
    """Ranks the profiles of a store for a need.

    Safe to share between threads: each answer is computed from one immutable index.
    """

    def __init__(
        self,
        store: Store,
        encoder: CachedEncoder,
        model: AdditiveModel,
        *,
        candidates: int = 1_000,
        snapshots: Snapshots | None = None,
    ) -> None:
        self.store = store
        self.model = model
        self.encoder = encoder
        self.depth = candidates
        self._snapshots = snapshots
        self._refreshing = threading.Lock()
        self._index: Index | None = None
        self._saved = -1

    def index(self, announce: Announce | None = None) -> Index:
        """Return the index, brought up to the store's latest sequence number."""
        index = self._index
        if index is not None and index.sequence == self.store.sequence():
            return index
        with self._refreshing:
            index = self._index or self._restored()
            target = self.store.sequence()
            if index.origin != self.store.origin(index.sequence):  # the store was replaced by another
                index = Index(self.encoder.fingerprint)
            if index.sequence < target:
                found = self.store.profile_changes(index.sequence, until=target)
                changes = [(change.sequence, change.id, change.profile) for change in found]
                index = index.updated(changes, partial(self._encode, announce), target)
                index = replace(index, origin=self.store.origin(target))
            self._index = index
            return index

    def at(self) -> int:
        """Return the sequence number that the index has come to, -1 before there is one."""
        return self._index.sequence if self._index is not None else -1

    def adopt(self, index: Index) -> None:
        """Use `index` from now on; it is brought up to date at the next answer."""
        self._index = index

    def save(self) -> None:
        """Write a snapshot of the index, unless the last one written is as new."""
        index = self.index()
        if self._snapshots is not None and index.sequence != self._saved:
            self._snapshots.save(index)
            self._saved = index.sequence

    def search(
        self,
        need: Need,
        filters: Filters | None = None,
        *,
        top: int = 10,
        apply_requirements: bool = True,
        on: date | None = None,
    ) -> SearchResult:
        """Return the `top` profiles for `need` among those that pass `filters`, with reasons.

        Profiles with equal scores stand in alphabetical order of their ids.

        Args:
            apply_requirements: whether what the need requires also decides who is eligible.
            on: the day on which accreditations must be held; today by default.

        """
        return self.told(need, self.ranking(need, filters, apply_requirements=apply_requirements, on=on), top)

    def ranking(
        self,
        need: Need,
        filters: Filters | None = None,
        *,
        apply_requirements: bool = True,
        on: date | None = None,
    ) -> Ranking:
        """Return all candidates for `need`, scored; the arguments are those of `search`."""
        index, on = self.index(), on or date.today()
        eligible = eligible_in(index, need, filters or Filters(), apply_requirements, on)
        query = query_for(need, self.encoder, on)
        return ranking_of(index, query, eligible, self.model, depth=self.depth, on=on)

    def told(self, need: Need, ranking: Ranking, top: int) -> SearchResult:
        """Return the `top` candidates of `ranking` as matches, with reasons."""
        findings = ranking.findings(top)
        sequences = sequences_of([findings])
        profiles = dict(zip(sequences, self.store.profiles_as_of(sequences), strict=True))
        return findings.worded(need.id, profiles)

    def scores(self, need: Need, *, on: date | None = None) -> tuple[list[str], NDArray[np.float64]]:
        """Return the ids and scores of all candidates for `need`, highest first: what evaluation measures."""
        ranking = self.ranking(need, on=on)
        return ranking.ids, ranking.scored.scores[ranking.order]

    def _restored(self) -> Index:
        found = self._snapshots.load(self.encoder.fingerprint) if self._snapshots else None
        if found is not None:
            self._saved = found.sequence
        return found or Index(self.encoder.fingerprint)

    def _encode(self, announce: Announce | None, texts: list[str]) -> NDArray[np.float32]:
        return self.encoder.encode(texts, announce(len(texts)) if announce else None)
