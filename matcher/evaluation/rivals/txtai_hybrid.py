"""Hybrid search of txtai: its own BM25 and our vectors, summed by txtai with equal weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.evaluation.rivals.corpus import Corpus
from matcher.evaluation.rivals.encoding import Encode
from matcher.evaluation.rivals.packages import package
from matcher.records import Profile

# Passages asked for: deep enough that recall@100 of profiles is not cut short.
_DEPTH: Final = 1_000


class TxtaiHybrid:
    """Scores a profile by its best passage among the best of the index."""

    def __init__(self, profiles: Sequence[Profile], encode: Encode) -> None:
        self._corpus = Corpus.of(profiles)

        def transform(texts: Sequence[str]) -> NDArray[np.float32]:  # txtai calls anything but a function to get one
            return encode(texts)

        self._index = package("txtai.embeddings").Embeddings(
            method="external",
            transform=transform,
            hybrid=True,
            content=False,
            faiss={"components": "IDMap,Flat"},  # exact; txtai goes approximate above 5,000 passages otherwise
        )
        self._index.index((place, text, None) for place, text in enumerate(self._corpus.texts))

    def scores(self, query: str) -> NDArray[np.float64]:
        """Return one score a profile, shape (profiles,), -inf where none of its passages was found."""
        found = self._index.search(query, _DEPTH)
        places = np.array([place for place, _ in found], dtype=np.int64)
        values = np.array([score for _, score in found], dtype=np.float64)
        return self._corpus.best_per_profile(self._corpus.spread(places, values))
