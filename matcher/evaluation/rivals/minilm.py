"""Cosine similarity between all-MiniLM-L6-v2 vectors for passages and queries, found by exact search with FAISS."""

from __future__ import annotations

from collections.abc import Sequence

from matcher.evaluation.rivals.corpus import Corpus
from matcher.evaluation.rivals.encoding import Encode
from matcher.evaluation.rivals.packages import package
from matcher.foundations.arrays import Floats
from matcher.records import Profile


class MiniLm:
    """Scores a profile by the cosine between the query and the profile's best passage."""

    def __init__(self, profiles: Sequence[Profile], encode: Encode) -> None:
        self._corpus = Corpus.of(profiles)
        self._encode = encode
        vectors = encode(self._corpus.texts)
        self._index = package("faiss").IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)

    def scores(self, query: str) -> Floats:
        """Return one cosine per profile, shape (profiles,)."""
        cosines, positions = self._index.search(self._encode([query]), len(self._corpus.texts))
        return self._corpus.best_per_profile(self._corpus.over_passages(positions[0], cosines[0]))
