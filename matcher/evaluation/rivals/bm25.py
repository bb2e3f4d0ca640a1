"""BM25 search over passages with bm25s, using English stop words, Snowball stems and Lucene's settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from matcher.evaluation.rivals.corpus import Corpus
from matcher.evaluation.rivals.packages import package
from matcher.foundations.arrays import Floats
from matcher.records import Profile


class Bm25:
    """Scores a profile by its best passage. A passage that shares no word with the query scores 0."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        self._corpus = Corpus.of(profiles)
        self._stemmer = package("Stemmer").Stemmer("english")
        self._index = package("bm25s").BM25()
        self._index.index(self._tokens(self._corpus.texts, return_ids=True), show_progress=False)

    def scores(self, query: str) -> Floats:
        """Return one score per profile, shape (profiles,)."""
        words = self._tokens([query], return_ids=False)[0]
        known = [word for word in words if word in self._index.vocab_dict]
        if not known:
            return np.zeros(len(self._corpus.starts))
        return self._corpus.best_per_profile(self._index.get_scores(known).astype(np.float64))

    def _tokens(self, texts: Sequence[str], *, return_ids: bool) -> Any:
        return package("bm25s").tokenize(
            list(texts), stopwords="en", stemmer=self._stemmer, show_progress=False, return_ids=return_ids
        )
