"""Chunks: batches of needs, matched by a process that has the index and the model but not the store."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from matcher.foundations.arrays import Vectors
from matcher.foundations.errors import MatcherError
from matcher.index import Eligible, Index, Prefilter, Query, Snapshots, facts_of, terms_for
from matcher.records import Filters, Need
from matcher.scoring import AdditiveModel
from matcher.search import ExplainedSearch, eligible_in, explain, rankings_of

# Threads of one process share a searcher, so they take turns.
_SEARCH_LOCK: Final = threading.Lock()
# The maximum number of eligibility masks that a searcher caches. A full cache is emptied.
_MAX_CACHED_MASKS: Final = 256


class SnapshotMissing(MatcherError):
    """The snapshot that a chunk needs is missing or damaged, or has been replaced by another."""


class Chunk(NamedTuple):
    """A batch of a run's needs. `number` counts from 0, and `vectors` has shape (needs, 2, dimensions)."""

    number: int
    needs: tuple[Need, ...]
    vectors: Vectors


@dataclass(frozen=True)
class SearchOptions:
    """Options that apply to every need of a run: `depth` candidates are scored, and the best `top` are shown."""

    filters: Filters
    apply_requirements: bool
    on: date
    depth: int
    top: int


@dataclass
class Searcher:
    """An index prepared for searching many needs, and the model that scores them."""

    index: Index
    model: AdditiveModel
    prefilter: Prefilter = field(init=False)

    def __post_init__(self) -> None:
        self.prefilter = Prefilter(self.index)
        self._eligible: dict[str, Eligible] = {}

    def findings(self, chunk: Chunk, options: SearchOptions) -> list[ExplainedSearch]:
        """Return the findings for each need of `chunk`, bit for bit the same as separate searches would give."""
        queries = [
            (_query(need, vectors, options.on), self._eligible_for(need, options))
            for need, vectors in zip(chunk.needs, chunk.vectors, strict=True)
        ]
        rankings = rankings_of(self.index, self.prefilter, queries, self.model, depth=options.depth)
        return [explain(ranking, options.top) for ranking in rankings]

    def _eligible_for(self, need: Need, options: SearchOptions) -> Eligible:
        """Return the profiles eligible for `need`. They are computed once for all needs with the same requirements."""
        key = need.requirements.model_dump_json() if options.apply_requirements else ""
        key += f" {options.filters.model_dump_json()} {options.on}"
        if key not in self._eligible:
            if len(self._eligible) >= _MAX_CACHED_MASKS:
                self._eligible.clear()
            self._eligible[key] = eligible_in(self.index, need, options.filters, options.apply_requirements, options.on)
        return self._eligible[key]


def _query(need: Need, vectors: Vectors, on: date) -> Query:
    return Query(vectors, terms_for(need), facts_of(need, on))


@dataclass(frozen=True)
class SearchTask:
    """Everything that a process needs to search chunks. It is small enough to send to another machine.

    `folder` holds the snapshot whose checksum is `digest`. The process must be able to reach the folder at this path.
    `model` is the content of the model file.
    """

    folder: Path
    digest: str
    encoder: str
    model: str
    options: SearchOptions

    def findings(self, chunk: Chunk) -> list[ExplainedSearch]:
        """Return the findings for `chunk`. Each process loads the snapshot once.

        Raises:
            SnapshotMissing: `folder` holds no intact snapshot with checksum `digest`.

        """
        with _SEARCH_LOCK:
            searcher = _loaded(self.folder, self.digest, self.encoder, self.model)
            return searcher.findings(chunk, self.options)


@lru_cache(maxsize=1)
def _loaded(folder: Path, digest: str, encoder: str, model: str) -> Searcher:
    snapshots = Snapshots(folder)
    index = snapshots.load(encoder) if snapshots.digest() == digest else None
    if index is None or snapshots.digest() != digest:
        raise SnapshotMissing(folder, digest)
    return Searcher(index, AdditiveModel.of_content(json.loads(model)))
