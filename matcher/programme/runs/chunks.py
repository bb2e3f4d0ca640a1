"""Chunks: needs searched together, by whoever has the index and the model; the store is not asked."""

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
from matcher.index import Coarse, Eligible, Index, Query, Snapshots, facts_of, terms_for
from matcher.records import Filters, Need
from matcher.scoring.model import AdditiveModel
from matcher.search.engine import eligible_in, rankings_of
from matcher.search.explanations import Findings

_ONE_AT_A_TIME: Final = threading.Lock()


class SnapshotMissing(MatcherError):
    """The snapshot that a chunk is to be searched in is not there, or is another."""


class Chunk(NamedTuple):
    """The `number`-th part of the needs of a run, and their vectors, shape (needs, 2, dimensions)."""

    number: int
    needs: tuple[Need, ...]
    vectors: Vectors


@dataclass(frozen=True)
class SearchOptions:
    """How every need of a run is searched for: the same for all its chunks."""

    filters: Filters
    apply_requirements: bool
    on: date
    depth: int
    top: int


@dataclass
class Searcher:
    """An index made ready for many needs, and a model."""

    index: Index
    model: AdditiveModel
    coarse: Coarse = field(init=False)

    def __post_init__(self) -> None:
        self.coarse = Coarse(self.index)
        self._eligible: dict[str, Eligible] = {}

    def findings(self, chunk: Chunk, terms: SearchOptions) -> list[Findings]:
        """Return the findings of every need of `chunk`, each bit for bit that of a search of its own."""
        asked = [
            (_query(need, vectors, terms.on), self._eligible_for(need, terms))
            for need, vectors in zip(chunk.needs, chunk.vectors, strict=True)
        ]
        rankings = rankings_of(self.index, self.coarse, asked, self.model, depth=terms.depth, on=terms.on)
        return [ranking.findings(terms.top) for ranking in rankings]

    def _eligible_for(self, need: Need, terms: SearchOptions) -> Eligible:
        """Return who is eligible; needs that require the same share it."""
        key = need.requirements.model_dump_json() if terms.apply_requirements else ""
        key += f" {terms.filters.model_dump_json()} {terms.on}"
        if key not in self._eligible:
            if len(self._eligible) >= _ELIGIBLE_KEPT:
                self._eligible.clear()
            self._eligible[key] = eligible_in(self.index, need, terms.filters, terms.apply_requirements, terms.on)
        return self._eligible[key]


_ELIGIBLE_KEPT: Final = 256


def _query(need: Need, vectors: Vectors, on: date) -> Query:
    return Query(vectors, terms_for(need), facts_of(need, on), need.requirements.accreditations)


@dataclass(frozen=True)
class SearchTask:
    """What a process must know to search chunks: a snapshot named by its checksum in a folder that it reaches,
    a model as its file has it, and the terms. It can be sent to another machine.
    """

    folder: Path
    digest: str
    encoder: str
    model: str
    terms: SearchOptions

    def findings(self, chunk: Chunk) -> list[Findings]:
        """Return the findings of `chunk`; the snapshot is loaded once in a process.

        Raises:
            SnapshotGone: there is none of this checksum, or it is damaged.

        """
        with _ONE_AT_A_TIME:
            searcher = _loaded(self.folder, self.digest, self.encoder, self.model)
            return searcher.findings(chunk, self.terms)


@lru_cache(maxsize=1)
def _loaded(folder: Path, digest: str, encoder: str, model: str) -> Searcher:
    snapshots = Snapshots(folder)
    index = snapshots.load(encoder) if snapshots.digest() == digest else None
    if index is None or snapshots.digest() != digest:
        raise SnapshotMissing(folder, digest)
    return Searcher(index, AdditiveModel.of_content(json.loads(model)))
