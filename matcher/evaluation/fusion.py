"""Score fusion: add up the standardised scores from several scorers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matcher.evaluation.ranker import ProfileScorer
from matcher.foundations.arrays import Floats


@dataclass(frozen=True)
class ZScoreSum:
    """Adds up each profile's z-scores from all `parts`. Each part's scores are standardised over all profiles."""

    parts: Sequence[ProfileScorer]

    def scores(self, query: str) -> Floats:
        """Return one score per profile, shape (profiles,). Every part must score every profile (no -inf)."""
        total: Floats = np.sum([z_scores(part.scores(query)) for part in self.parts], axis=0)
        return total


def z_scores(values: Floats) -> Floats:
    """Return (value - mean) / standard deviation, or zeros if all values are equal."""
    if np.ptp(values) == 0:  # scipy.stats.zscore would return NaN
        return np.zeros_like(values)
    standardised: Floats = (values - values.mean()) / values.std()
    return standardised
