"""Engine: the one way in. Retrieve, score, explain.

It keeps an index in step with the store: before each answer it looks at the store's sequence number and
takes in what has changed since.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial

import numpy as np
from numpy.typing import NDArray

from matcher.embedding import CachedEncoder, Progress
from matcher.index import Candidates, Eligible, Index, Snapshots, highest, retrieve, terms_of
from matcher.passages import passages_of, query_of, source_of
from matcher.records import Evidence, Filters, Match, Need, Profile, SearchResult
from matcher.scoring import AdditiveModel, totals
from matcher.signals import signals_of
from matcher.store import Store

# Passages quoted for each signal that passages earn.
_QUOTED = {"meaning": 2, "words": 1}
# Called once it is known how many passages are to be encoded; returns what to tell of each step.
Announce = Callable[[int], Progress]


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
        self._encoder = encoder
        self._depth = candidates
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
                index = Index(self._encoder.fingerprint)
            if index.sequence < target:
                found = self.store.profile_changes(index.sequence, until=target)
                changes = [(change.sequence, change.id, change.profile) for change in found]
                index = index.updated(changes, partial(self._encode, announce), target)
                index = replace(index, origin=self.store.origin(target))
            self._index = index
            return index

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
        index = self.index()
        on = on or date.today()
        eligible, candidates = self.candidates(index, need, filters or Filters(), apply_requirements, on)
        parts = self.model.contributions(signals_of(candidates))
        scores = totals(parts)
        order = highest(scores, index.by_id[candidates.profiles], top)
        ids = [str(id) for id in index.profiles.id[candidates.profiles[order]]]
        profiles = self.store.profiles(ids, at=index.sequence)
        matches = tuple(
            Match(
                rank=rank,
                profile_id=id,
                name=profiles[id].name,
                sector=profiles[id].sector,
                score=float(scores[i]),
                contributions=dict(zip(self.model.parts, parts[i].tolist(), strict=True)),
                evidence=_evidence(index, candidates, int(i), profiles[id]),
            )
            for rank, (i, id) in enumerate(zip(order, ids, strict=True), start=1)
        )
        return SearchResult(
            need_id=need.id,
            sequence=index.sequence,
            model=f"{self.model.name}-{self.model.version}",
            considered=eligible.considered,
            eligible=eligible.count,
            excluded=eligible.excluded,
            results=matches,
        )

    def scores(self, need: Need, *, on: date | None = None) -> tuple[list[str], NDArray[np.float64]]:
        """Return the ids and scores of all candidates for `need`, highest first: what evaluation measures."""
        index = self.index()
        _, candidates = self.candidates(index, need, Filters(), True, on or date.today())
        scores = totals(self.model.contributions(signals_of(candidates)))
        order = highest(scores, index.by_id[candidates.profiles], len(scores))
        return [str(id) for id in index.profiles.id[candidates.profiles[order]]], scores[order]

    def candidates(
        self, index: Index, need: Need, filters: Filters, apply_requirements: bool, on: date
    ) -> tuple[Eligible, Candidates]:
        """Return who is eligible for `need` and who of them is put forward."""
        chosen = [filters, Filters.required_by(need)] if apply_requirements else [filters]
        eligible = index.eligible(chosen, on)
        text = query_of(need)
        vector = self._encoder.encode_once(text)
        found = retrieve(index, eligible.mask, vector, terms_of(text), need, depth=self._depth, on=on)
        return eligible, found

    def _restored(self) -> Index:
        found = self._snapshots.load(self._encoder.fingerprint) if self._snapshots else None
        if found is not None:
            self._saved = found.sequence
        return found or Index(self._encoder.fingerprint)

    def _encode(self, announce: Announce | None, texts: list[str]) -> NDArray[np.float32]:
        return self._encoder.encode(texts, announce(len(texts)) if announce else None)


def _evidence(index: Index, candidates: Candidates, i: int, profile: Profile) -> tuple[Evidence, ...]:
    """Quote the passages of candidate `i` that earned its signals, closest in meaning first."""
    end = candidates.starts[i + 1] if i + 1 < len(candidates) else len(candidates.passages)
    rows = np.arange(candidates.starts[i], end)
    earned: dict[int, list[str]] = {}
    for signal, values in (("meaning", candidates.cosines), ("words", candidates.terms)):
        for row in rows[highest(values[rows].astype(np.float64), rows, _QUOTED[signal])]:
            if values[row] > 0:
                earned.setdefault(int(row), []).append(signal)
    passages = passages_of(profile)
    quotes = []
    for row in sorted(earned, key=lambda row: (-candidates.cosines[row], row)):
        passage = passages[int(index.passages.number[candidates.passages[row]])]
        quotes.append(
            Evidence(
                text=passage.text,
                source=source_of(profile, passage),
                similarity=round(float(candidates.cosines[row]), 6),
                signals=tuple(earned[row]),
            )
        )
    return tuple(quotes)
