"""Fitting: weights that put the profiles with higher grades first.

For each need, take all pairs of profiles with different grades. With scores s, the loss of a pair whose first profile
has the higher grade is

    log(1 + exp(s(second) - s(first)))

weighted by how much higher the gain of the first is, 2^grade - 1. The weights of a need's pairs add up to 1, so every
need counts the same however many profiles were judged. The loss is averaged over needs, plus a penalty on the
parameters' distance from their prior.

The best piece decides a score, which has no gradient where another piece takes its place. So while fitting, the pieces
are pooled by a sharp log-sum-exp, which is close to the highest strength. The gradient is exact, and L-BFGS-B keeps the
weights non-negative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from matcher.foundations.arrays import Floats, Rows
from matcher.scoring import FAMILIES, Curve
from matcher.training.examples import Examples
from matcher.training.parameters import ParameterLayout, profile_terms

# The weight of the penalty on distance from the prior, chosen on `data/judged/choose`.
PRIOR_PENALTY: Final = 0.0001
MAX_ITERATIONS: Final = 100
# How closely the pooled strength follows the best piece: it is higher by at most log(pieces) / SHARPNESS.
SHARPNESS: Final = 4.0
# The most that one unit of a second reading may add to a score.
MAX_READING_SLOPE: Final = 2.0


@dataclass(frozen=True)
class _Pairs:
    """Pairs of candidates of one need, of which `better` has the higher grade. The weights add up to 1."""

    better: Rows  # (pairs,)
    worse: Rows  # (pairs,)
    weight: Floats  # (pairs,)

    @classmethod
    def of(cls, examples: Examples) -> Self:
        better, worse, weight = [], [], []
        gain = np.exp2(examples.grades.astype(np.float64)) - 1
        for start, (gains, _) in zip(examples.starts, examples.by_need(gain), strict=True):
            i, j = np.nonzero(gains[:, None] > gains)
            if len(i):
                difference = gains[i] - gains[j]
                better.append(i + start)
                worse.append(j + start)
                weight.append(difference / difference.sum())
        if not weight:
            return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
        return cls(np.concatenate(better), np.concatenate(worse), np.concatenate(weight) / len(weight))


def fit_parameters(
    examples: Examples, layout: ParameterLayout, progress: Callable[[int], None] | None = None
) -> Floats:
    """Return the parameters that minimise the loss. `progress` is called with 1 after each iteration."""
    from scipy.optimize import minimize

    prior, pairs, terms = layout.prior(), _Pairs.of(examples), profile_terms(examples.profiles)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        value, gradient = _loss(examples, pairs, terms, layout, parameters)
        distance = parameters - prior
        return value + PRIOR_PENALTY * float(distance @ distance), gradient + 2 * PRIOR_PENALTY * distance

    result = minimize(
        loss,
        prior,
        jac=True,
        method="L-BFGS-B",
        bounds=layout.bounds(),
        options={"maxiter": MAX_ITERATIONS},
        callback=(lambda _: progress(1)) if progress else None,
    )
    return np.asarray(result.x, dtype=np.float64)


def fit_reading(scores: Floats, readings: Floats, examples: Examples) -> Curve:
    """Return the curve that turns a second reading into a part of the score, fitted by the same loss.

    It rises in a straight line from 0 at the lowest reading to the highest, so no part is negative, and a candidate
    that was not read gets 0. Both arguments have shape (candidates,); `readings` is NaN where there was no reading.
    """
    from scipy.optimize import minimize_scalar

    pairs, low, high = _Pairs.of(examples), float(np.nanmin(readings)), float(np.nanmax(readings))
    added = np.nan_to_num(readings, nan=low) - low

    def loss(slope: float) -> float:
        total = scores + slope * added
        return float(pairs.weight @ np.logaddexp(0, total[pairs.worse] - total[pairs.better]))

    slope = float(minimize_scalar(loss, bounds=(0.0, MAX_READING_SLOPE), method="bounded").x)
    return Curve((low, high), (0.0, slope * (high - low)))


def _loss(
    examples: Examples, pairs: _Pairs, terms: Floats, layout: ParameterLayout, parameters: Floats
) -> tuple[float, Floats]:
    """Return the loss without the penalty, and its gradient, shape (parameters,)."""
    score, shares = _pooled(examples, terms, layout, parameters)
    lead = score[pairs.better] - score[pairs.worse]
    value = float(pairs.weight @ np.logaddexp(0, -lead))
    pull = pairs.weight / (1 + np.exp(lead))
    slope = np.bincount(pairs.worse, pull, len(score)) - np.bincount(pairs.better, pull, len(score))
    by_piece = (shares * slope[examples.candidate]).astype(np.float32)
    matrix = np.zeros(layout.used.shape)
    biases = np.zeros(len(FAMILIES))
    for family in range(len(FAMILIES)):
        rows = examples.family == family
        matrix[family] = by_piece[rows] @ examples.pieces[rows]
        biases[family] = by_piece[rows].sum()
    return value, np.concatenate([matrix[layout.used], biases, slope @ terms])


def _pooled(examples: Examples, terms: Floats, layout: ParameterLayout, parameters: Floats) -> tuple[Floats, Floats]:
    """Return the scores, shape (candidates,), and each piece's share of its candidate's score, shape (pieces,)."""
    weights = layout.matrix(parameters).astype(np.float32)
    strength = layout.biases(parameters)[examples.family]
    for family in range(len(FAMILIES)):
        rows = examples.family == family
        strength[rows] += examples.pieces[rows] @ weights[family]
    highest = np.maximum.reduceat(strength, examples.piece_starts)
    raised = np.exp(SHARPNESS * (strength - highest[examples.candidate]))
    total = np.add.reduceat(raised, examples.piece_starts)
    pooled = highest + np.log(total) / SHARPNESS
    return pooled + terms @ layout.slopes(parameters), raised / total[examples.candidate]
