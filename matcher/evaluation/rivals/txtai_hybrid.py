"""txtai's hybrid search: txtai's own BM25 scores and MiniLM similarities, added up by txtai with equal weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from matcher.evaluation.rivals.corpus import Corpus
from matcher.evaluation.rivals.encoding import Encode
from matcher.evaluation.rivals.packages import package
from matcher.foundations.arrays import Floats, Vectors
from matcher.records import Profile

# The number of passages to retrieve, high enough not to limit recall@100 over profiles.
_DEPTH: Final = 1_000


class TxtaiHybrid:
    """Scores a profile by its best retrieved passage."""

    def __init__(self, profiles: Sequence[Profile], encode: Encode) -> None:
        self._corpus = Corpus.of(profiles)

        # txtai uses a plain function directly, but calls any other callable to obtain a function.
        def transform(texts: Sequence[str]) -> Vectors:
            return encode(texts)

        self._index = package("txtai.embeddings").Embeddings(
            method="external",
            transform=transform,
            hybrid=True,
            content=False,
            faiss={"components": "IDMap,Flat"},  # exact search: by default, txtai is approximate above 5,000 passages
        )
        self._index.index((position, text, None) for position, text in enumerate(self._corpus.texts))

    def scores(self, query: str) -> Floats:
        """Return one score per profile, shape (profiles,), with -inf for a profile without a retrieved passage."""
        matches = self._index.search(query, _DEPTH)
        positions = np.array([position for position, _ in matches], dtype=np.int64)
        scores = np.array([score for _, score in matches], dtype=np.float64)
        return self._corpus.best_per_profile(self._corpus.over_passages(positions, scores))
