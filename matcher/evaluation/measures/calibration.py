"""Calibration: whether the probabilities shown are the shares in which suppliers win."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from matcher.foundations.arrays import Floats, Mask
from matcher.records.policy import Band, band_of

# Pairs of need and supplier are comparable when the supplier is among this many first for the need.
COMPARABLE: Final = 300
SHOWN: Final = 10
BINS: Final = 15


def expected_calibration_error(probabilities: Floats, won: Mask) -> float:
    """Return the mean distance between probability and share won, over `BINS` groups of as many pairs each."""
    groups = reliability(probabilities, won)
    return sum(count * abs(expected - share) for expected, share, count in groups) / len(won)


def reliability(probabilities: Floats, won: Mask) -> list[tuple[float, float, int]]:
    """Return, for each group of pairs from low to high: mean probability, share won, how many pairs."""
    groups = np.array_split(np.argsort(probabilities, kind="stable"), BINS)
    return [(float(probabilities[g].mean()), float(won[g].mean()), len(g)) for g in groups if len(g)]


@dataclass
class CalibrationPairs:
    """Probabilities of the first profiles of each need, best first, and whether they won."""

    probabilities: list[Floats] = field(default_factory=list)
    won: list[Mask] = field(default_factory=list)

    def add(self, scores: Floats, probabilities: Floats, won: Mask) -> None:
        """Take in one need's answer; all of shape (retrieved,)."""
        first = np.argsort(-scores, kind="stable")[:COMPARABLE]
        self.probabilities.append(probabilities[first])
        self.won.append(won[first])

    def to_json(self) -> dict[str, Any]:
        """Return the error over comparable pairs and over those shown first, the reliability curve, and what share of
        the pairs in each band won.
        """
        found = np.concatenate(self.probabilities), np.concatenate(self.won)
        shown = np.concatenate([p[:SHOWN] for p in self.probabilities]), np.concatenate([w[:SHOWN] for w in self.won])
        return {
            "pairs": len(found[0]),
            "expected_calibration_error": expected_calibration_error(*found),
            f"expected_calibration_error@{SHOWN}": expected_calibration_error(*shown),
            "reliability": [
                {"probability": expected, "won": share, "pairs": count}
                for expected, share, count in reliability(*found)
            ],
            "bands": _by_band(*found),
        }


def _by_band(probabilities: Floats, won: Mask) -> dict[str, dict[str, float | int]]:
    bands = np.array([band_of(probability) for probability in probabilities.tolist()])
    return {
        band.value: {"pairs": int((bands == band).sum()), "won": float(won[bands == band].mean())}
        for band in Band
        if (bands == band).any()
    }
