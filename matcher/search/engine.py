"""Engine: runs a search. It retrieves candidates, scores them and explains the scores.

The engine keeps an index up to date with the store. Before each answer, it compares its sequence number with the
store's and adds all later changes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from matcher.embedding import CachedEncoder, Progress
from matcher.foundations.arrays import Vectors
from matcher.index import Index, Snapshots, query_for
from matcher.records import Filters, Need, SearchResult
from matcher.scoring import AdditiveModel
from matcher.search.explanations import explain, shown_revisions
from matcher.search.ranking import Ranking, eligible_in, ranking_of
from matcher.search.second_reading import SecondReading
from matcher.store import Store

# A function that takes the number of passages to encode and returns the progress callback.
Announce = Callable[[int], Progress]


class Engine:
    """Ranks the profiles of a store for a need.

    Threads can share an engine: each answer is computed from one immutable index.
    """

    def __init__(
        self,
        store: Store,
        encoder: CachedEncoder,
        model: AdditiveModel,
        *,
        candidates: int = 1_000,
        snapshots: Snapshots | None = None,
        second_reading: SecondReading | None = None,
    ) -> None:
        self.store = store
        self.model = model
        self.encoder = encoder
        self.depth = candidates
        self.second_reading = second_reading
        self._snapshots = snapshots
        self._refreshing = threading.Lock()
        self._index: Index | None = None
        self._saved = -1

    def index(self, announce: Announce | None = None) -> Index:
        """Return the index, updated to the latest sequence number of the store."""
        index = self._index
        if index is not None and index.sequence == self.store.sequence():
            return index
        with self._refreshing:
            index = self._index if self._index is not None else self._restored()
            target = self.store.sequence()
            if index.origin != self.store.origin(index.sequence):  # the index was built from another store
                index = Index(self.encoder.fingerprint)
            if index.sequence < target:
                rows = self.store.profile_changes(index.sequence, until=target)
                changes = [(change.sequence, change.id, change.profile) for change in rows]
                index = index.updated(changes, partial(self._encode, announce), target)
                index = replace(index, origin=self.store.origin(target))
            self._index = index
            return index

    def indexed_sequence(self) -> int:
        """Return the sequence number that the index has reached, or -1 before there is an index."""
        return self._index.sequence if self._index is not None else -1

    def adopt(self, index: Index) -> None:
        """Use `index` from now on. The next answer brings it up to date with the store."""
        self._index = index

    def save(self) -> None:
        """Update the index and write a snapshot of it, unless the last snapshot has the same sequence number."""
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
        """Return the best `top` profiles for `need`, with reasons. Ties are broken by id, in alphabetical order.

        Args:
            need: the need to find profiles for.
            filters: the filters that a profile must pass, by default none.
            top: the maximum number of profiles to return.
            apply_requirements: whether to exclude profiles that do not meet the requirements of the need.
            on: the day on which accreditations must be valid, by default today.

        """
        return self.explain(need, self.ranking(need, filters, apply_requirements=apply_requirements, on=on), top)

    def ranking(
        self,
        need: Need,
        filters: Filters | None = None,
        *,
        apply_requirements: bool = True,
        on: date | None = None,
    ) -> Ranking:
        """Return all candidates for `need` with their scores. The arguments are described under `search`."""
        index, on = self.index(), on or date.today()
        eligible = eligible_in(index, need, filters or Filters(), apply_requirements, on)
        ranking = ranking_of(index, query_for(need, self.encoder, on), eligible, self.model, depth=self.depth)
        return self.second_reading.of(ranking, need, self.store) if self.second_reading else ranking

    def reader_of(self, ranking: Ranking) -> str | None:
        """Return the fingerprint of the reader that read candidates of `ranking`, or None if none were read."""
        return self.second_reading.reader.fingerprint if self.second_reading and ranking.is_read else None

    def explain(self, need: Need, ranking: Ranking, top: int) -> SearchResult:
        """Return the best `top` candidates of `ranking` as matches, with reasons."""
        explained = explain(ranking, top)
        sequences = shown_revisions([explained])
        profiles = dict(zip(sequences, self.store.profiles_as_of(sequences), strict=True))
        return explained.to_result(need, profiles)

    def _restored(self) -> Index:
        """Return the index from the snapshot, or an empty index."""
        index = self._snapshots.load(self.encoder.fingerprint) if self._snapshots else None
        if index is None:
            return Index(self.encoder.fingerprint)
        self._saved = index.sequence
        return index

    def _encode(self, announce: Announce | None, texts: Sequence[str]) -> Vectors:
        return self.encoder.encode(texts, announce(len(texts)) if announce else None)
