"""Calibration measures: how close predicted probabilities are to the share of suppliers that won.

This module forms groups of equal size itself, because scikit-learn's `calibration_curve` puts all equal probabilities
into one bin, however many there are. The tests check that both give the same groups when no two probabilities are
equal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from matcher.foundations.arrays import Floats, Mask
from matcher.records.policy import Band, band_of

# Calibration covers this many top-ranked suppliers per need.
COMPARABLE: Final = 300
SHOWN: Final = 10
BINS: Final = 15


def expected_calibration_error(probabilities: Floats, won: Mask) -> float:
    """Return the mean of |mean probability - share won| over the groups, weighted by group size.

    Both arguments have shape (pairs,), with at least one pair. For the groups, see `reliability`.
    """
    groups = reliability(probabilities, won)
    return sum(count * abs(expected - share) for expected, share, count in groups) / len(won)


def reliability(probabilities: Floats, won: Mask) -> list[tuple[float, float, int]]:
    """Return the reliability curve: (mean probability, share won, number of pairs) by group, lowest probability first.

    Pairs are sorted by probability and split into `BINS` groups whose sizes differ by at most 1. Empty groups
    are omitted.
    """
    groups = np.array_split(np.argsort(probabilities, kind="stable"), BINS)
    return [(float(probabilities[g].mean()), float(won[g].mean()), len(g)) for g in groups if len(g)]


@dataclass
class CalibrationPairs:
    """Probabilities of the `COMPARABLE` top-ranked profiles for each need, best first, and whether each profile won."""

    probabilities: list[Floats] = field(default_factory=list)
    won: list[Mask] = field(default_factory=list)

    def add(self, scores: Floats, probabilities: Floats, won: Mask) -> None:
        """Add the answer to one need. All arguments have shape (retrieved,)."""
        top = np.argsort(-scores, kind="stable")[:COMPARABLE]
        self.probabilities.append(probabilities[top])
        self.won.append(won[top])

    def to_json(self) -> dict[str, Any]:
        """Return the calibration errors over all pairs and over the `SHOWN` best pairs for each need, the reliability
        curve, and the share that won in each band. At least one answer must have been added.
        """
        pairs = np.concatenate(self.probabilities), np.concatenate(self.won)
        shown = np.concatenate([p[:SHOWN] for p in self.probabilities]), np.concatenate([w[:SHOWN] for w in self.won])
        return {
            "pairs": len(pairs[0]),
            "expected_calibration_error": expected_calibration_error(*pairs),
            f"expected_calibration_error@{SHOWN}": expected_calibration_error(*shown),
            "reliability": [
                {"probability": expected, "won": share, "pairs": count}
                for expected, share, count in reliability(*pairs)
            ],
            "bands": _by_band(*pairs),
        }


def _by_band(probabilities: Floats, won: Mask) -> dict[str, dict[str, float | int]]:
    bands = np.array([band_of(probability) for probability in probabilities.tolist()])
    return {
        band.value: {"pairs": int((bands == band).sum()), "won": float(won[bands == band].mean())}
        for band in Band
        if (bands == band).any()
    }
