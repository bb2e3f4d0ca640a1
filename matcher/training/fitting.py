"""Fitting: listwise maximum likelihood, so that the winners of a need rank above all other candidates.

For a need with scores s and winners W, let q(c) = exp s(c) / Σ exp s. The loss is

    - ½ log Σ q(w) over W  -  ½ mean of log q(w) over W

averaged over needs, plus a penalty on the parameters' distance from their prior. The first term rewards a high score
for any winner, and the second term rewards a high score for every winner. All candidates for a need are used, because
the similarity weights would collapse if candidates were preselected by similarity. The gradient is exact, and L-BFGS-B
keeps the weights non-negative.

The loss is defined here and minimised with SciPy, because scikit-learn offers neither a listwise loss nor bounds on
coefficients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.foundations.arrays import Floats, Rows
from matcher.scoring import FAMILIES
from matcher.training.examples import Examples
from matcher.training.parameters import ParameterLayout, profile_terms

# The weight of the penalty on distance from the prior. With a smaller weight, the model overfits the register texts,
# for which there are only a few dozen needs, and ranks candidates less accurately for short queries.
PRIOR_PENALTY: Final = 0.1
MAX_ITERATIONS: Final = 60
_TINY: Final = 1e-30


@dataclass(frozen=True)
class WeightedExamples:
    """Examples, their weight in the loss, and the profile terms computed from them."""

    examples: Examples
    weight: float
    terms: Floats  # (candidates, slopes)

    @classmethod
    def of(cls, examples: Examples, weight: float, unknown: float) -> WeightedExamples:
        """Compute the profile terms, with `unknown` in place of an unknown capacity."""
        return cls(examples, weight, profile_terms(examples.profiles, unknown))


def fit_parameters(
    parts: Sequence[WeightedExamples], layout: ParameterLayout, progress: Callable[[int], None] | None = None
) -> Floats:
    """Return the parameters that minimise the loss on `parts`. `progress` is called with 1 after each iteration."""
    from scipy.optimize import minimize

    prior = layout.prior()

    def loss(parameters: Floats) -> tuple[float, Floats]:
        value = PRIOR_PENALTY * float(((parameters - prior) ** 2).sum())
        gradient = 2 * PRIOR_PENALTY * (parameters - prior)
        for part in parts:
            part_loss, part_gradient = _loss(part, layout, parameters)
            value, gradient = value + part.weight * part_loss, gradient + part.weight * part_gradient
        return value, gradient

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


def scores(part: WeightedExamples, layout: ParameterLayout, parameters: Floats) -> Floats:
    """Return the score of every candidate, shape (candidates,)."""
    return _pooled(part, layout, parameters)[0]


def _pooled(part: WeightedExamples, layout: ParameterLayout, parameters: Floats) -> tuple[Floats, Floats]:
    """Return the scores, shape (candidates,), and each piece's share of its candidate's pool, shape (pieces,)."""
    examples = part.examples
    weights = layout.matrix(parameters).astype(np.float32)
    strength = layout.biases(parameters)[examples.family]
    for family in range(len(FAMILIES)):
        rows = examples.family == family
        strength[rows] += examples.pieces[rows] @ weights[family]
    pooled, shares = _log_sum_exp(strength, examples.piece_starts, examples.candidate)
    return pooled + part.terms @ layout.slopes(parameters), shares


def _log_sum_exp(values: Floats, starts: Rows, groups: Rows) -> tuple[Floats, Floats]:
    """Return log Σ exp of each group, shape (groups,), and each value's share of its group."""
    highest = np.maximum.reduceat(values, starts)
    raised = np.exp(values - highest[groups])
    total = np.add.reduceat(raised, starts)
    return np.log(total) + highest, raised / total[groups]


def _loss(part: WeightedExamples, layout: ParameterLayout, parameters: Floats) -> tuple[float, Floats]:
    """Return the loss, averaged over needs, and its gradient, shape (parameters,)."""
    examples = part.examples
    score, shares = _pooled(part, layout, parameters)
    level, chance = _log_sum_exp(score, examples.starts, examples.need)
    winners = np.add.reduceat(examples.won.astype(np.float64), examples.starts)
    of_winners = np.where(examples.won, chance, 0.0)
    any_winner = np.add.reduceat(of_winners, examples.starts)
    each = np.add.reduceat(np.where(examples.won, score - level[examples.need], 0.0), examples.starts)
    value = float(np.mean(-0.5 * np.log(any_winner + _TINY) - 0.5 * each / winners))
    slope = (
        chance - 0.5 * of_winners / (any_winner[examples.need] + _TINY) - 0.5 * examples.won / winners[examples.need]
    )
    slope /= len(examples)
    by_piece = (shares * slope[examples.candidate]).astype(np.float32)
    matrix = np.zeros(layout.used.shape)
    biases = np.zeros(len(FAMILIES))
    for family in range(len(FAMILIES)):
        rows = examples.family == family
        matrix[family] = by_piece[rows] @ examples.pieces[rows]
        biases[family] = by_piece[rows].sum()
    return value, np.concatenate([matrix[layout.used], biases, slope @ part.terms])
