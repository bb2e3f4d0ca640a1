"""Parameters of the scoring model as one vector, with what is believed of each before any award is seen.

The beliefs (`PRIOR`) are round numbers in the proportions that past awards gave; fitting pulls towards them,
so a signal that the data says little of keeps a sensible weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.foundations.arrays import Floats
from matcher.scoring.model import AdditiveModel, Curve
from matcher.scoring.signals import FAMILIES, PIECE_SIGNALS, PROFILE_SIGNALS

_SIGNALS: Final = [signal.name for signal in PIECE_SIGNALS]
_CAPACITY, _COVERAGE, _, _NAME_MEANING, _NAME_WORDING = range(len(PROFILE_SIGNALS))

# Weights by family; a signal that is not named is not used for the family.
PRIOR: Final[dict[str, dict[str, float]]] = {
    "name": {
        "meaning": 3.0, "title_meaning": 1.5, "words": 1.0, "title_words": 1.0, "wording": 0.0, "title_wording": 0.0,
    },
    "offer": {
        "meaning": 5.0, "title_meaning": 2.0, "words": 3.0, "title_words": 2.0, "wording": 0.0, "title_wording": 0.0,
        "category": 0.5,
    },
    "work": {
        "meaning": 4.0, "title_meaning": 2.5, "meaning_of_title": 2.0, "title_meaning_of_title": 2.0, "words": 2.5,
        "title_words": 0.5, "title_words_of_title": 2.0, "wording": 0.0, "title_wording": 0.0,
        "title_wording_of_title": 0.0, "category": 0.6, "recency": 0.1, "scale": 0.5, "place": 0.6,
    },
}  # fmt: skip
PRIOR_BIAS: Final = {"name": -2.0, "offer": 0.0, "work": 0.0}

# Turnover against value, in powers of ten, at which the capacity curve may bend, and its believed slopes.
CAPACITY_BENDS: Final = (-1.0, 0.0, 1.0)
PRIOR_SLOPES: Final = (0.3, 0.3, 0.3)
_CAPACITY_LOWEST: Final = -5.0

# A name often tells the trade: what a cosine of 1 with it is worth.
PRIOR_NAME: Final = (1.0, 0.5)

# No step of ten in turnover may cost more than this, whatever the past says: a small supplier with fitting
# work is to be seen before a large one without. A decision of this product.
MOST_CAPACITY: Final = 1.2
# Covering the need's region is worth at most this much: register addresses say little of where one works.
MOST_COVERAGE: Final = 0.3
# Award notices do not tell accreditations; a decision of this product.
ACCREDITATIONS: Final = 1.0


@dataclass(frozen=True)
class ParameterLayout:
    """Where the parameters stand in the vector: weights in use, biases, slopes of the profile signals."""

    used: np.ndarray[tuple[int, int], np.dtype[np.bool_]]  # (FAMILIES, PIECE_SIGNALS)

    @classmethod
    def standard(cls) -> ParameterLayout:
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
        return np.array([*np.array(weights)[self.used], *biases, *PRIOR_SLOPES, MOST_COVERAGE, *PRIOR_NAME])

    def bounds(self) -> list[tuple[float | None, float | None]]:
        """What keeps the model monotone. The bias of work is the point of reference."""
        free: list[tuple[float | None, float | None]] = [(None, None)] * (len(FAMILIES) - 1)
        rising: tuple[float | None, float | None] = (0.0, None)
        slopes = [*[(0.0, MOST_CAPACITY)] * len(CAPACITY_BENDS), (0.0, MOST_COVERAGE), *[rising] * len(PRIOR_NAME)]
        return [rising] * self.weights + free + [(0.0, 0.0)] + slopes

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

    def model(self, parameters: Floats, *, name: str, version: str, unknown: float, log_odds: Curve) -> AdditiveModel:
        """Return the scoring model with these parameters; `unknown` is the capacity that stands in where unknown."""
        *slopes, coverage, name_meaning, name_wording = self.slopes(parameters).tolist()
        at = (_CAPACITY_LOWEST, *CAPACITY_BENDS)
        heights = [sum(s * min(0.0, x - bend) for s, bend in zip(slopes, CAPACITY_BENDS, strict=True)) for x in at]
        middle = float(np.interp(unknown, at, heights))  # what is not known adds nothing
        capacity = Curve(at, tuple(height - middle for height in heights))
        return AdditiveModel(
            name=name,
            version=version,
            base=middle,
            bias=tuple(self.biases(parameters).tolist()),
            weights=tuple(tuple(row) for row in self.matrix(parameters).tolist()),
            curves={
                "capacity": capacity,
                "coverage": Curve((0.0, 1.0), (0.0, coverage), coverage / 2),
                # Nothing where none is required, as in all that was fitted and calibrated on.
                "accreditations": Curve((0.0, 1.0), (-ACCREDITATIONS, 0.0)),
                "name_meaning": Curve((-1.0, 1.0), (-name_meaning, name_meaning)),
                "name_wording": Curve((0.0, 1.0), (0.0, name_wording)),
            },
            log_odds=log_odds,
        )


def profile_terms(profiles: Floats, unknown: float) -> Floats:
    """Return the columns that the slopes multiply, one row a candidate, from profile signals."""
    capacity = np.nan_to_num(profiles[:, _CAPACITY], nan=unknown)
    capacity = np.maximum(capacity, _CAPACITY_LOWEST)
    bends = [np.minimum(0.0, capacity - bend) for bend in CAPACITY_BENDS]
    return np.column_stack([*bends, profiles[:, [_COVERAGE, _NAME_MEANING, _NAME_WORDING]]])
