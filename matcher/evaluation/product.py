"""The product as a contender: its whole engine, and each of its two searches by itself, over a throw-away store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcher.embedding import CachedEncoder
from matcher.evaluation.baselines import baselines
from matcher.evaluation.ranker import RankedProfiles, System
from matcher.foundations.row_groups import best
from matcher.index import Index, terms_of
from matcher.records import Need, Profile
from matcher.scoring.signals import FAMILIES
from matcher.search.engine import Engine
from matcher.store import Store

BuildEngine = Callable[[Store], Engine]


@dataclass(frozen=True)
class EngineRanker:
    """Ranks by the engine; profiles that are no candidates are left out."""

    engine: Engine

    def rank(self, need: Need) -> RankedProfiles:
        """Return the candidates with their scores."""
        ids, scores = self.engine.scores(need)
        return RankedProfiles(ids, scores, self.engine.model.probability(scores))


@dataclass(frozen=True)
class LexicalScorer:
    """The lexical index alone."""

    index: Index
    rows: NDArray[np.int64]

    def scores(self, query: str) -> NDArray[np.float64]:
        """Return the BM25 score of each profile's best passage."""
        return _best_of_texts(self.index, self.index.words.scores(terms_of(query))[:, 0])[self.rows]


@dataclass(frozen=True)
class DenseScorer:
    """The dense index alone."""

    index: Index
    rows: NDArray[np.int64]
    encoder: CachedEncoder

    def scores(self, query: str) -> NDArray[np.float64]:
        """Return the cosine of each profile's best passage."""
        passages = np.arange(len(self.index.passages))
        cosines = self.index.similarities(self.encoder.encode_query([query])[0], passages)
        return _best_of_texts(self.index, cosines)[self.rows]


def _best_of_texts(index: Index, scores: NDArray[Any]) -> NDArray[np.float64]:
    """Return the score of each profile's best whole text: plain systems know nothing of names and titles."""
    named = index.pieces.family[index.passages.piece] == FAMILIES.index("name")
    found = best(np.where(index.passages.title | named, -np.inf, scores), index.first_passages)
    return np.where(np.isneginf(found), best(scores, index.first_passages), found)  # of some only a name is known


def product_system(build_engine: BuildEngine) -> System:
    """Return the product; `build_engine` puts an engine over the store of the register."""

    def build(profiles: Sequence[Profile]) -> EngineRanker:
        engine = build_engine(filled_store(profiles))
        engine.index()
        return EngineRanker(engine)

    return System("matcher", build)


def product_baselines(encoder: CachedEncoder) -> tuple[System, ...]:
    """Return BM25, the encoder alone and their sum, all over the product's own index."""

    def indexed(profiles: Sequence[Profile]) -> tuple[Index, NDArray[np.int64]]:
        changes = [(n, profile.id, profile) for n, profile in enumerate(profiles, start=1)]
        index = Index(encoder.fingerprint).updated(changes, encoder.encode, len(changes))
        order = {id: row for row, id in enumerate(index.profiles.id.tolist())}
        return index, np.array([order[profile.id] for profile in profiles], dtype=np.int64)

    return baselines(
        lambda profiles: LexicalScorer(*indexed(profiles)), lambda profiles: DenseScorer(*indexed(profiles), encoder)
    )


def filled_store(profiles: Sequence[Profile]) -> Store:
    """Return a store in memory that holds `profiles` and nothing else."""
    store = Store.open("sqlite://")
    with store.writing() as writer:
        writer.put_many((profile, None) for profile in profiles)
    return store
