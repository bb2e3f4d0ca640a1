"""Promises: whether probabilities and bands hold for the pairs that people have judged.

Pairs that nobody judged are left out. A list without a strong match says that nobody in the register fits. So it is
counted how often that is said, and how often it is true.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from matcher.evaluation.measures.calibration import expected_calibration_error
from matcher.evaluation.measures.suitability import SUITABLE
from matcher.foundations.arrays import Floats, Ints, Mask
from matcher.records.policy import STRONG_FROM, Band, band_of


@dataclass
class Promises:
    """The probability of each judged pair, whether the profile suits, and each need's outcome.

    `outcomes` holds, for each need, whether a judged profile suits and whether any profile at all was called strong.
    """

    probabilities: list[Floats] = field(default_factory=list)
    suitable: list[Mask] = field(default_factory=list)
    outcomes: list[tuple[bool, bool]] = field(default_factory=list)

    def add(self, probabilities: Floats, grades: Ints, highest: float) -> None:
        """Add the answer to one need.

        Args:
            probabilities: the probability of each judged profile, shape (judged,), 0 if it was not retrieved.
            grades: the grades of the same profiles.
            highest: the highest probability of any profile, judged or not.

        """
        suitable = grades >= SUITABLE
        self.probabilities.append(probabilities)
        self.suitable.append(suitable)
        self.outcomes.append((bool(suitable.any()), highest >= STRONG_FROM))

    def to_json(self) -> dict[str, Any]:
        """Return the calibration error and the share that suits in each band, over all judged pairs, and the outcomes.

        At least one answer must have been added.
        """
        probabilities, suitable = np.concatenate(self.probabilities), np.concatenate(self.suitable)
        bands = np.array([band_of(probability) for probability in probabilities.tolist()])
        return {
            "pairs": len(suitable),
            "suitable": float(suitable.mean()),
            "expected_calibration_error": expected_calibration_error(probabilities, suitable),
            "bands": {
                band.value: {"pairs": int((bands == band).sum()), "suitable": float(suitable[bands == band].mean())}
                for band in Band
                if (bands == band).any()
            },
            "needs_without_suitable": self._count(suits=False),
            "needs_with_suitable": self._count(suits=True),
        }

    def _count(self, *, suits: bool) -> dict[str, int]:
        strong = [strong for any_suits, strong in self.outcomes if any_suits == suits]
        return {"needs": len(strong), "no_strong_match": strong.count(False)}
