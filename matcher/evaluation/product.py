"""The product as a system to evaluate: the whole engine, its lexical search alone, and its dense search alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from matcher.embedding import CachedEncoder
from matcher.evaluation.baselines import baselines
from matcher.evaluation.ranker import RankedProfiles, System
from matcher.foundations.arrays import Array, Floats, Rows
from matcher.foundations.row_groups import group_max
from matcher.index import Index, terms_of
from matcher.records import Need, Profile
from matcher.scoring import FAMILIES
from matcher.search.engine import Engine
from matcher.store import Store

BuildEngine = Callable[[Store], Engine]


@dataclass(frozen=True)
class EngineRanker:
    """Ranks with the engine. An answer lists only the engine's candidates."""

    engine: Engine

    def rank(self, need: Need) -> RankedProfiles:
        """Return the candidates with their scores and probabilities."""
        ranking = self.engine.ranking(need)
        order = ranking.order
        return RankedProfiles(ranking.ids, ranking.scored.scores[order], ranking.probabilities[order])


@dataclass(frozen=True)
class LexicalScorer:
    """Scores with the lexical index alone. `rows` holds the index row of each profile, in register order."""

    index: Index
    rows: Rows

    def scores(self, query: str) -> Floats:
        """Return the BM25 score of each profile's best passage, shape (profiles,)."""
        return _best_of_texts(self.index, self.index.lexical.scores(terms_of(query))[:, 0])[self.rows]


@dataclass(frozen=True)
class DenseScorer:
    """Scores with the dense index alone. `rows` holds the index row of each profile, in register order."""

    index: Index
    rows: Rows
    encoder: CachedEncoder

    def scores(self, query: str) -> Floats:
        """Return the cosine of each profile's best passage, shape (profiles,)."""
        passages = np.arange(len(self.index.passages))
        cosines = self.index.similarities(self.encoder.encode_query([query])[0], passages)
        return _best_of_texts(self.index, cosines)[self.rows]


def _best_of_texts(index: Index, scores: Array) -> Floats:
    """Return the score of each profile's best passage, shape (profiles,), from `scores`, shape (passages,).

    A plain search system indexes whole texts, so names and titles are used only for profiles without other passages.
    """
    is_name = index.pieces.family[index.passages.piece] == FAMILIES.index("name")
    of_texts = group_max(np.where(index.passages.title | is_name, -np.inf, scores), index.first_passages)
    return np.where(np.isneginf(of_texts), group_max(scores, index.first_passages), of_texts)


def product_system(build_engine: BuildEngine) -> System:
    """Return the product as a system. `build_engine` builds an engine over a store that holds the register."""

    def build(profiles: Sequence[Profile]) -> EngineRanker:
        engine = build_engine(store_of(profiles))
        engine.index()
        return EngineRanker(engine)

    return System("matcher", build)


def product_baselines(encoder: CachedEncoder) -> tuple[System, ...]:
    """Return three systems: BM25 alone, the encoder alone, and their sum. Each builds an index like the product's."""

    def indexed(profiles: Sequence[Profile]) -> tuple[Index, Rows]:
        changes = [(n, profile.id, profile) for n, profile in enumerate(profiles, start=1)]
        index = Index(encoder.fingerprint).updated(changes, encoder.encode, len(changes))
        rows = {id: row for row, id in enumerate(index.profiles.id.tolist())}
        return index, np.array([rows[profile.id] for profile in profiles], dtype=np.int64)

    return baselines(
        lambda profiles: LexicalScorer(*indexed(profiles)), lambda profiles: DenseScorer(*indexed(profiles), encoder)
    )


def store_of(profiles: Sequence[Profile]) -> Store:
    """Return an in-memory store that contains only `profiles`."""
    store = Store.open("sqlite://")
    with store.writing() as writer:
        writer.put_many((profile, None) for profile in profiles)
    return store
