"""Cosine similarity between the TF-IDF vectors of passages and queries, computed with scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence

from matcher.evaluation.rivals.corpus import Corpus
from matcher.evaluation.rivals.packages import package
from matcher.foundations.arrays import Floats
from matcher.records import Profile


class TfIdf:
    """Scores a profile by its best passage. The terms are single words and word pairs."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        self._corpus = Corpus.of(profiles)
        vectorizer = package("sklearn.feature_extraction.text").TfidfVectorizer
        self._weights = vectorizer(ngram_range=(1, 2), stop_words="english", sublinear_tf=True)
        self._passages = self._weights.fit_transform(self._corpus.texts)

    def scores(self, query: str) -> Floats:
        """Return one cosine per profile, shape (profiles,)."""
        cosines = self._passages @ self._weights.transform([query]).T
        return self._corpus.best_per_profile(cosines.toarray()[:, 0])
