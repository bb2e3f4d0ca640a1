"""Parameters of the scoring model as one vector, with what is believed of each before any award is seen.

The beliefs (`PRIOR`) are round numbers in the proportions that past awards gave; fitting pulls towards them,
so a signal that the data says little of keeps a sensible weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.scoring import AdditiveModel, Curve
from matcher.signals import FAMILIES, PIECE_SIGNALS, PROFILE_SIGNALS, Floats

_SIGNALS: Final = [signal.name for signal in PIECE_SIGNALS]
_COVERAGE, _, _NAME_MEANING, _NAME_WORDING = range(len(PROFILE_SIGNALS))

# Weights by family; a signal that is not named is not used for the family.
PRIOR: Final[dict[str, dict[str, float]]] = {
    "name": {
        "meaning": 3.0, "title_meaning": 1.5, "words": 1.0, "title_words": 1.0, "wording": 0.0, "title_wording": 0.0,
        "capacity": 2.0,
    },
    "offer": {
        "meaning": 5.0, "title_meaning": 2.0, "words": 3.0, "title_words": 2.0, "wording": 0.0, "title_wording": 0.0,
        "category": 0.5, "capacity": 2.0,
    },
    "work": {
        "meaning": 4.0, "title_meaning": 2.5, "meaning_of_title": 2.0, "title_meaning_of_title": 2.0, "words": 2.5,
        "title_words": 0.5, "title_words_of_title": 2.0, "wording": 0.0, "title_wording": 0.0,
        "title_wording_of_title": 0.0, "category": 0.6, "recency": 0.1, "scale": 0.5, "place": 0.6, "capacity": 0.3,
    },
}  # fmt: skip
PRIOR_BIAS: Final = {"name": -2.0, "offer": 0.0, "work": 0.0}

# A name often tells the trade: what a cosine of 1 with it is worth.
PRIOR_NAME: Final = (1.0, 0.5)

# A step of ten in turnover may cost an offer at most this, whatever the past says, and work that was done
# less: a small supplier with fitting work is to be seen before a large one without. A decision of this product.
MOST_CAPACITY: Final = {"name": 2.0, "offer": 2.0, "work": 0.3}
# Covering the need's region is worth at most this much: register addresses say little of where one works.
MOST_COVERAGE: Final = 0.3
# Award notices do not tell accreditations; a decision of this product.
ACCREDITATIONS: Final = 1.0


@dataclass(frozen=True)
class Layout:
    """Where the parameters stand in the vector: weights in use, biases, slopes of the profile signals."""

    used: np.ndarray[tuple[int, int], np.dtype[np.bool_]]  # (FAMILIES, PIECE_SIGNALS)

    @classmethod
    def standard(cls) -> Layout:
        """The layout of the prior's weights."""
        return cls(np.array([[signal in PRIOR[family] for signal in _SIGNALS] for family in FAMILIES]))

    @property
    def weights(self) -> int:
        """How many weights there are; the biases, slopes and coverage follow them."""
        return int(self.used.sum())

    def prior(self) -> Floats:
        """The parameters before any award is seen."""
        weights = [[PRIOR[family].get(signal, 0.0) for signal in _SIGNALS] for family in FAMILIES]
        biases = [PRIOR_BIAS[family] for family in FAMILIES]
        return np.array([*np.array(weights)[self.used], *biases, MOST_COVERAGE, *PRIOR_NAME])

    def bounds(self) -> list[tuple[float | None, float | None]]:
        """What keeps the model monotone. The bias of work is the point of reference."""
        free: list[tuple[float | None, float | None]] = [(None, None)] * (len(FAMILIES) - 1)
        rising: tuple[float | None, float | None] = (0.0, None)
        weights = [
            (0.0, MOST_CAPACITY[family] if signal == "capacity" else None)
            for family, row in zip(FAMILIES, self.used, strict=True)
            for signal, used in zip(_SIGNALS, row, strict=True)
            if used
        ]
        return [*weights, *free, (0.0, 0.0), (0.0, MOST_COVERAGE), *[rising] * len(PRIOR_NAME)]

    def matrix(self, parameters: Floats) -> Floats:
        """Return the weights, shape (FAMILIES, PIECE_SIGNALS)."""
        weights = np.zeros(self.used.shape)
        weights[self.used] = parameters[: self.weights]
        return weights

    def biases(self, parameters: Floats) -> Floats:
        """Return the biases, shape (FAMILIES,)."""
        return parameters[self.weights : self.weights + len(FAMILIES)]

    def slopes(self, parameters: Floats) -> Floats:
        """Return what multiplies the columns of `profile_terms`."""
        return parameters[self.weights + len(FAMILIES) :]

    def model(self, parameters: Floats, *, name: str, version: str, log_odds: Curve) -> AdditiveModel:
        """Return the scoring model with these parameters."""
        coverage, name_meaning, name_wording = self.slopes(parameters).tolist()
        return AdditiveModel(
            name=name,
            version=version,
            base=0.0,
            bias=tuple(self.biases(parameters).tolist()),
            weights=tuple(tuple(row) for row in self.matrix(parameters).tolist()),
            curves={
                "coverage": Curve((0.0, 1.0), (0.0, coverage), coverage / 2),
                # Nothing where none is required, as in all that was fitted and calibrated on.
                "accreditations": Curve((0.0, 1.0), (-ACCREDITATIONS, 0.0)),
                "name_meaning": Curve((-1.0, 1.0), (-name_meaning, name_meaning)),
                "name_wording": Curve((0.0, 1.0), (0.0, name_wording)),
            },
            log_odds=log_odds,
        )


def profile_terms(profiles: Floats) -> Floats:
    """Return the columns that the slopes multiply, one row a candidate, from profile signals."""
    return profiles[:, [_COVERAGE, _NAME_MEANING, _NAME_WORDING]]
