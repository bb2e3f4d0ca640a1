"""The parameters of the scoring model as one vector, whose layout follows the signal tables.

Each signal states its prior: the parameters expected before any judgement is seen. Fitting pulls parameters towards
their priors, so that a signal with little data keeps a sensible weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.foundations.arrays import Floats
from matcher.scoring import (
    FAMILIES,
    PIECE_SIGNALS,
    PROFILE_SIGNALS,
    AdditiveModel,
    Curve,
    CurvePrior,
    Pooling,
    ProfileSignal,
)

PRIOR_BIAS: Final = {"name": -2.0, "offer": 0.0, "work": 0.0}

# The profile signals whose curves are fitted in training, each with its column and prior.
_FITTED: Final[tuple[tuple[int, ProfileSignal, CurvePrior], ...]] = tuple(
    (column, signal, signal.prior)
    for column, signal in enumerate(PROFILE_SIGNALS)
    if isinstance(signal.prior, CurvePrior)
)

_Bound = tuple[float | None, float | None]


@dataclass(frozen=True)
class ParameterLayout:
    """The order of the parameters: first the weights in use, then the family biases, then the profile-signal slopes."""

    used: np.ndarray[tuple[int, int], np.dtype[np.bool_]]  # (FAMILIES, PIECE_SIGNALS)

    @classmethod
    def standard(cls) -> ParameterLayout:
        """Return the layout that uses every weight that has a prior."""
        return cls(np.array([[family in signal.prior for signal in PIECE_SIGNALS] for family in FAMILIES]))

    @property
    def weights(self) -> int:
        """The number of weights, which come before the biases and slopes."""
        return int(self.used.sum())

    def prior(self) -> Floats:
        """Return the parameters that are expected before any judgement is seen."""
        weights = np.array([[signal.prior.get(family, 0.0) for signal in PIECE_SIGNALS] for family in FAMILIES])
        biases = [PRIOR_BIAS[family] for family in FAMILIES]
        slopes = [slope for *_, prior in _FITTED for slope in prior.slopes]
        return np.array([*weights[self.used], *biases, *slopes])

    def bounds(self) -> list[_Bound]:
        """Return the bounds that keep the model monotone. The bias of "work" is fixed at 0 as the reference."""
        rising: _Bound = (0.0, None)
        free: list[_Bound] = [(None, None)] * (len(FAMILIES) - 1)
        slopes: list[_Bound] = [(0.0, prior.most) for *_, prior in _FITTED for _ in prior.slopes]
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
        """Return the factors by which the columns of `profile_terms` are multiplied."""
        return parameters[self.weights + len(FAMILIES) :]

    def model(self, parameters: Floats, *, name: str, version: str, log_odds: Curve) -> AdditiveModel:
        """Return the scoring model with these parameters."""
        slopes = self.slopes(parameters).tolist()
        curves = {s.name: s.prior for s in PROFILE_SIGNALS if isinstance(s.prior, Curve)}
        for _, signal, prior in _FITTED:
            own, slopes = slopes[: len(prior.slopes)], slopes[len(prior.slopes) :]
            curves[signal.name] = _curve(signal, prior, own)
        return AdditiveModel(
            name=name,
            version=version,
            base=0.0,
            bias=tuple(self.biases(parameters).tolist()),
            weights=tuple(tuple(row) for row in self.matrix(parameters).tolist()),
            curves={signal.name: curves[signal.name] for signal in PROFILE_SIGNALS},
            log_odds=log_odds,
            pooling=Pooling.BEST_PIECE,
        )


def _curve(signal: ProfileSignal, prior: CurvePrior, slopes: Sequence[float]) -> Curve:
    at = (prior.lowest, *prior.bends) if prior.bends else (float(signal.low), float(signal.high))
    heights = [sum(s * float(term[0]) for s, term in zip(slopes, prior.terms(np.array([x])), strict=True)) for x in at]
    return Curve(at, tuple(heights), float(np.interp(prior.unknown, at, heights)))


def profile_terms(profiles: Floats) -> Floats:
    """Compute the columns that the slopes multiply. Each row holds the values for one candidate in `profiles`."""
    terms: list[Floats] = []
    for column, _, prior in _FITTED:
        terms += prior.terms(np.nan_to_num(profiles[:, column], nan=prior.unknown))
    return np.column_stack(terms)
