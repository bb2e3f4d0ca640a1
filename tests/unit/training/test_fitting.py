"""Fitting recovers known weights, and its gradient is exact."""

from __future__ import annotations

import numpy as np
import pytest

from matcher.foundations.arrays import Floats
from matcher.scoring import FAMILIES, PIECE_SIGNALS, PROFILE_SIGNALS
from matcher.scoring.curves import FLAT
from matcher.training import fitting
from matcher.training.examples import Examples
from matcher.training.fitting import SHARPNESS, fit_parameters
from matcher.training.parameters import profile_terms

from .samples import LAYOUT, graded_by, sample_examples, scores

_SIGNALS = [signal.name for signal in PIECE_SIGNALS]


def loss(examples: Examples, parameters: Floats) -> tuple[float, Floats]:
    terms = profile_terms(examples.profiles)
    return fitting._loss(examples, fitting._Pairs.of(examples), terms, LAYOUT, parameters)


def one_piece_each(meaning: list[float], grades: list[int], need: list[int]) -> tuple[Examples, Floats]:
    """Return examples whose candidates have one piece of work, and parameters that score it by twice its meaning."""
    pieces = np.zeros((len(meaning), len(PIECE_SIGNALS)), dtype=np.float32)
    pieces[:, _SIGNALS.index("meaning")] = meaning
    examples = Examples(
        pieces=pieces,
        family=np.full(len(meaning), FAMILIES.index("work"), dtype=np.int8),
        candidate=np.arange(len(meaning)),
        piece_starts=np.arange(len(meaning)),
        profiles=np.zeros((len(meaning), len(PROFILE_SIGNALS))),
        grades=np.array(grades),
        need=np.array(need),
        starts=np.unique(need, return_index=True)[1],
    )
    parameters = np.zeros(len(LAYOUT.prior()))
    place = np.flatnonzero(np.flatnonzero(LAYOUT.used.ravel()) == 2 * len(_SIGNALS) + _SIGNALS.index("meaning"))
    parameters[place] = 2.0
    return examples, parameters


def test_loss_by_hand() -> None:
    """The first need has grades 3, 1 and 0 and scores 1, 0 and ½. In the second, all grades are equal."""
    examples, parameters = one_piece_each([0.5, 0.0, 0.25, 0.5, 0.0], [3, 1, 0, 2, 2], [0, 0, 0, 1, 1])
    assert scores(examples, parameters).tolist() == pytest.approx([1, 0, 0.5, 1, 0])
    # Gains are 7, 1 and 0, so the pairs weigh 6, 7 and 1 of 14. The leads are 1, ½ and -½.
    expected = (6 * np.log1p(np.exp(-1)) + 7 * np.log1p(np.exp(-0.5)) + np.log1p(np.exp(0.5))) / 14
    assert loss(examples, parameters)[0] == pytest.approx(expected)


def test_needs_count_the_same_however_many_profiles_were_judged() -> None:
    few, parameters = one_piece_each([0.5, 0.0, 0.5, 0.0], [1, 0, 0, 1], [0, 0, 1, 1])
    many, _ = one_piece_each([0.5, 0.0, 0.5, 0.5, 0.0, 0.0], [1, 0, 0, 0, 1, 1], [0, 0, 1, 1, 1, 1])
    assert loss(many, parameters)[0] == pytest.approx(loss(few, parameters)[0])


@pytest.mark.parametrize("seed", [1, 2])
def test_the_gradient_matches_finite_differences(seed: int) -> None:
    examples = sample_examples(4, 6, seed)
    rng = np.random.default_rng(seed)
    # Steps and points that are exact in single precision, so that rounding does not affect the differences.
    step = 2.0**-8
    point = np.round((LAYOUT.prior() + rng.uniform(0, 1, len(LAYOUT.prior()))) * 64) / 64
    _, gradient = loss(examples, point)
    for i in range(len(point)):
        up, down = point.copy(), point.copy()
        up[i] += step
        down[i] -= step
        difference = (loss(examples, up)[0] - loss(examples, down)[0]) / (2 * step)
        assert gradient[i] == pytest.approx(difference, abs=3e-4), i
    assert np.abs(gradient).max() > 0.01


def test_known_weights_are_recovered() -> None:
    truth = LAYOUT.prior()
    truth[: LAYOUT.weights] = np.random.default_rng(3).uniform(0.5, 4, LAYOUT.weights)
    examples = graded_by(sample_examples(3_000, 8, seed=4, pieces=2), truth, seed=5)
    fit = fit_parameters(examples, LAYOUT)
    # Grades show the order of scores, not their size, so the weights are compared up to a common factor.
    assert np.corrcoef(fit[: LAYOUT.weights], truth[: LAYOUT.weights])[0, 1] > 0.9
    assert loss(examples, fit)[0] < loss(examples, LAYOUT.prior())[0] / 2


def test_weights_stay_within_bounds_whatever_the_data() -> None:
    examples = graded_by(sample_examples(300, 6, seed=6), -LAYOUT.prior() * 3, seed=7)
    fit = fit_parameters(examples, LAYOUT)
    for value, (low, high) in zip(fit, LAYOUT.bounds(), strict=True):
        assert low is None or value >= low
        assert high is None or value <= high
    assert (fit[: LAYOUT.weights] == 0).any()
    assert LAYOUT.biases(fit)[FAMILIES.index("work")] == 0


def test_parameters_stay_at_the_prior_if_all_grades_are_equal() -> None:
    examples = sample_examples(5, 3)
    equal = Examples(**{**vars(examples), "grades": np.ones_like(examples.grades)})
    assert fit_parameters(equal, LAYOUT).tolist() == LAYOUT.prior().tolist()


def test_fitting_is_repeatable_and_reports_its_iterations() -> None:
    examples = graded_by(sample_examples(60, 5, seed=8), LAYOUT.prior(), 8)
    steps: list[int] = []
    fit = fit_parameters(examples, LAYOUT, steps.append)
    assert fit_parameters(examples, LAYOUT).tolist() == fit.tolist()
    assert 0 < sum(steps) <= fitting.MAX_ITERATIONS


def test_while_fitting_a_score_is_at_most_slightly_above_that_of_the_best_piece() -> None:
    examples = sample_examples(10, 5, seed=9, pieces=5)
    model = LAYOUT.model(LAYOUT.prior(), name="m", version="1", log_odds=FLAT)
    pieces = examples.pieces.astype(np.float64)
    exact = model.pooled(pieces, examples.profiles, examples.family, examples.piece_starts).scores
    # Accreditations are not fitted, so their part is added here.
    added = [signal.name for signal in PROFILE_SIGNALS].index("accreditations")
    excess = scores(examples, LAYOUT.prior()) + model.curves["accreditations"](examples.profiles[:, added]) - exact
    assert excess.min() > -1e-5
    assert excess.max() <= np.log(5) / SHARPNESS + 1e-5
