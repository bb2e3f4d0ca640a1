"""The sum of two rankings, each put on one scale first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matcher.evaluation.ranker import ProfileScorer
from matcher.foundations.arrays import Floats


@dataclass(frozen=True)
class ZScoreSum:
    """Adds the standard scores (value less mean, over standard deviation, over all profiles) of its parts."""

    parts: Sequence[ProfileScorer]

    def scores(self, query: str) -> Floats:
        """Return one score a profile, shape (profiles,). Each part must score every profile (none -inf)."""
        total: Floats = np.sum([z_scores(part.scores(query)) for part in self.parts], axis=0)
        return total


def z_scores(values: Floats) -> Floats:
    """Return (value - mean) / standard deviation; zeros where all values are the same."""
    if np.ptp(values) == 0:
        return np.zeros_like(values)
    standard: Floats = (values - values.mean()) / values.std()
    return standard
