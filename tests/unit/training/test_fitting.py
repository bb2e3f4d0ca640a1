"""Fitting recovers known weights, and its gradient is exact."""

from __future__ import annotations

import numpy as np
import pytest

from matcher.scoring import FAMILIES, PIECE_SIGNALS, PROFILE_SIGNALS
from matcher.training import fitting
from matcher.training.examples import Examples
from matcher.training.fitting import WeightedExamples, fit_parameters, scores

from .samples import LAYOUT, sample_examples, won_by

_SIGNALS = [signal.name for signal in PIECE_SIGNALS]


def two_winners(examples: Examples) -> Examples:
    won = examples.won.copy()
    won[1 + int(examples.starts[1])] = True
    return Examples(**{**vars(examples), "won": won})


def test_loss_by_hand() -> None:
    """Two needs, each with two one-piece candidates. The scores are 1 (won) and 0, then 0.5 and 0.5 (both won)."""
    pieces = np.zeros((4, len(PIECE_SIGNALS)), dtype=np.float32)
    pieces[:, _SIGNALS.index("meaning")] = [0.5, 0, 0.25, 0.25]
    examples = Examples(
        pieces=pieces,
        family=np.full(4, FAMILIES.index("work"), dtype=np.int8),
        candidate=np.arange(4),
        piece_starts=np.arange(4),
        profiles=np.zeros((4, len(PROFILE_SIGNALS))),
        won=np.array([True, False, True, True]),
        need=np.array([0, 0, 1, 1]),
        starts=np.array([0, 2]),
    )
    parameters = np.zeros(len(LAYOUT.prior()))
    place = np.flatnonzero(np.flatnonzero(LAYOUT.used.ravel()) == 2 * len(_SIGNALS) + _SIGNALS.index("meaning"))
    parameters[place] = 2.0
    part = WeightedExamples.of(examples, 1.0, 0.0)
    assert scores(part, LAYOUT, parameters).tolist() == pytest.approx([1, 0, 0.5, 0.5])
    first = np.log1p(np.exp(-1))  # one winner: both terms are equal
    second = 0.5 * 0 + 0.5 * np.log(2)  # both won: a winner is certain, and each candidate has probability ½
    value, _ = fitting._loss(part, LAYOUT, parameters)
    assert value == pytest.approx((first + second) / 2)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_gradient_matches_finite_differences(seed: int) -> None:
    examples = two_winners(sample_examples(4, 6, seed))
    part = WeightedExamples.of(examples, 1.0, -0.25)
    rng = np.random.default_rng(seed)
    # Steps and points that are exact in single precision, so that rounding does not affect the differences.
    step = 2.0**-8
    point = np.round((LAYOUT.prior() + rng.uniform(0, 1, len(LAYOUT.prior()))) * 64) / 64
    _, gradient = fitting._loss(part, LAYOUT, point)
    for i in range(len(point)):
        up, down = point.copy(), point.copy()
        up[i] += step
        down[i] -= step
        difference = (fitting._loss(part, LAYOUT, up)[0] - fitting._loss(part, LAYOUT, down)[0]) / (2 * step)
        assert gradient[i] == pytest.approx(difference, abs=2e-4), i
    assert np.abs(gradient).max() > 0.01


def test_known_weights_are_recovered() -> None:
    truth = LAYOUT.prior()
    rng = np.random.default_rng(3)
    truth[: LAYOUT.weights] = rng.uniform(0.5, 4, LAYOUT.weights)
    examples = won_by(sample_examples(4_000, 8, seed=4, pieces=2), truth, seed=5)
    fit = fit_parameters([WeightedExamples.of(examples, 3_000.0, 0.0)], LAYOUT)  # so high that the prior hardly matters
    error = np.abs(fit - truth)[: LAYOUT.weights]
    assert np.median(error) < 0.2
    assert np.corrcoef(fit[: LAYOUT.weights], truth[: LAYOUT.weights])[0, 1] > 0.95
    prior_error = np.abs(LAYOUT.prior() - truth)[: LAYOUT.weights]
    assert error.mean() < prior_error.mean() / 4


def test_weights_stay_within_bounds_whatever_the_data() -> None:
    against = -LAYOUT.prior() * 3
    examples = won_by(sample_examples(300, 6, seed=6), against, seed=7)
    fit = fit_parameters([WeightedExamples.of(examples, 1.0, 0.0)], LAYOUT)
    for value, (low, high) in zip(fit, LAYOUT.bounds(), strict=True):
        assert low is None or value >= low
        assert high is None or value <= high
    assert (fit[: LAYOUT.weights] == 0).any()
    assert LAYOUT.biases(fit)[FAMILIES.index("work")] == 0


def test_parameters_stay_at_the_prior_without_data() -> None:
    fit = fit_parameters([WeightedExamples.of(sample_examples(5, 3), 1e-9, 0.0)], LAYOUT)
    assert fit == pytest.approx(LAYOUT.prior(), abs=1e-4)


def test_fitting_is_repeatable_and_parts_count_by_weight() -> None:
    first, second = (
        won_by(sample_examples(60, 5, seed=seed), LAYOUT.prior() * factor, seed) for seed, factor in ((8, 1), (9, 0))
    )
    steps: list[int] = []
    parts = [WeightedExamples.of(first, 1.0, 0.0), WeightedExamples.of(second, 0.5, 0.0)]
    fit = fit_parameters(parts, LAYOUT, steps.append)
    assert fit_parameters(parts, LAYOUT).tolist() == fit.tolist()
    assert 0 < sum(steps) <= fitting.MAX_ITERATIONS
    assert fit_parameters([parts[0], WeightedExamples.of(second, 0.0, 0.0)], LAYOUT) == pytest.approx(
        fit_parameters(parts[:1], LAYOUT)
    )
    assert fit_parameters(parts[:1], LAYOUT).tolist() != fit.tolist()
