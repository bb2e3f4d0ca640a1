"""Fitting: listwise maximum likelihood. The winners of a need should stand before everybody else.

For a need with scores s and winners W, with q(c) = exp s(c) / Σ exp s, the loss is

    - ½ log Σ q(w) over W  -  ½ mean of log q(w) over W

(one winner well found, and all of them), averaged over needs, plus a pull towards the prior. All
candidates of a need take part: on candidates that were chosen by similarity the weights of similarity
collapse. The gradient is exact; L-BFGS-B keeps the weights from going below zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import minimize

from matcher.foundations.arrays import Floats, Rows
from matcher.scoring.signals import FAMILIES
from matcher.training.examples import Examples
from matcher.training.parameters import ParameterLayout, profile_terms

# How strongly parameters are pulled towards the prior. Less of it fits the register texts of a few dozen needs too
# closely: short topic queries then lose.
PULL: Final = 0.1
ROUNDS: Final = 60
_TINY: Final = 1e-30


@dataclass(frozen=True)
class WeightedExamples:
    """Some examples and how much they weigh among others."""

    examples: Examples
    weight: float
    terms: Floats  # (candidates, slopes)

    @classmethod
    def of(cls, examples: Examples, weight: float, unknown: float) -> WeightedExamples:
        """Take `unknown` for a capacity that is not known."""
        return cls(examples, weight, profile_terms(examples.profiles, unknown))


def fit_parameters(
    parts: Sequence[WeightedExamples], layout: ParameterLayout, progress: Callable[[int], None] | None = None
) -> Floats:
    """Return the parameters of least loss on `parts`."""
    prior = layout.prior()

    def loss(parameters: Floats) -> tuple[float, Floats]:
        value = PULL * float(((parameters - prior) ** 2).sum())
        gradient = 2 * PULL * (parameters - prior)
        for part in parts:
            lost, slope = _loss(part, layout, parameters)
            value, gradient = value + part.weight * lost, gradient + part.weight * slope
        return value, gradient

    found = minimize(
        loss,
        prior,
        jac=True,
        method="L-BFGS-B",
        bounds=layout.bounds(),
        options={"maxiter": ROUNDS},
        callback=(lambda _: progress(1)) if progress else None,
    )
    return np.asarray(found.x, dtype=np.float64)


def scores(part: WeightedExamples, layout: ParameterLayout, parameters: Floats) -> Floats:
    """Return the score of every candidate."""
    return _pooled(part, layout, parameters)[0]


def _pooled(part: WeightedExamples, layout: ParameterLayout, parameters: Floats) -> tuple[Floats, Floats]:
    """Return the scores, shape (candidates,), and the shares of the pieces, shape (pieces,)."""
    given = part.examples
    weights = layout.matrix(parameters).astype(np.float32)
    strength = layout.biases(parameters)[given.family]
    for family in range(len(FAMILIES)):
        rows = given.family == family
        strength[rows] += given.pieces[rows] @ weights[family]
    pooled, shares = _log_sum_exp(strength, given.piece_starts, given.candidate)
    return pooled + part.terms @ layout.slopes(parameters), shares


def _log_sum_exp(values: Floats, starts: Rows, groups: Rows) -> tuple[Floats, Floats]:
    highest = np.maximum.reduceat(values, starts)
    raised = np.exp(values - highest[groups])
    total = np.add.reduceat(raised, starts)
    return np.log(total) + highest, raised / total[groups]


def _loss(part: WeightedExamples, layout: ParameterLayout, parameters: Floats) -> tuple[float, Floats]:
    given = part.examples
    score, shares = _pooled(part, layout, parameters)
    level, chance = _log_sum_exp(score, given.starts, given.need)
    winners = np.add.reduceat(given.won.astype(np.float64), given.starts)
    of_winners = np.where(given.won, chance, 0.0)
    any_winner = np.add.reduceat(of_winners, given.starts)
    each = np.add.reduceat(np.where(given.won, score - level[given.need], 0.0), given.starts)
    value = float(np.mean(-0.5 * np.log(any_winner + _TINY) - 0.5 * each / winners))
    slope = chance - 0.5 * of_winners / (any_winner[given.need] + _TINY) - 0.5 * given.won / winners[given.need]
    slope /= len(given)
    by_piece = (shares * slope[given.candidate]).astype(np.float32)
    matrix = np.zeros(layout.used.shape)
    biases = np.zeros(len(FAMILIES))
    for family in range(len(FAMILIES)):
        rows = given.family == family
        matrix[family] = by_piece[rows] @ given.pieces[rows]
        biases[family] = by_piece[rows].sum()
    return value, np.concatenate([matrix[layout.used], biases, slope @ part.terms])
