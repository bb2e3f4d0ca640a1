"""Calibration: answers worked out by hand, scikit-learn as an oracle, and a known logistic curve."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from matcher.evaluation.measures.calibration import BINS, expected_calibration_error, reliability
from matcher.foundations.arrays import Floats
from matcher.foundations.errors import InvalidInput
from matcher.training.calibration import calibrate, fit_log_odds
from matcher.training.examples import Examples

from .samples import sample_examples


def sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x)), dtype=np.float64)


def test_calibration_error_by_hand() -> None:
    """30 pairs in 15 groups of two. In each group at 0.8, one pair wins. In each group at 0.1, neither does."""
    probabilities = np.array([0.8] * 10 + [0.1] * 20)
    won = np.array([True, False] * 5 + [False] * 20)
    assert expected_calibration_error(probabilities, won) == pytest.approx((10 * 0.3 + 20 * 0.1) / 30)
    curve = reliability(probabilities, won)
    assert len(curve) == BINS
    assert curve[0] == pytest.approx((0.1, 0.0, 2))
    assert curve[-1] == pytest.approx((0.8, 0.5, 2))
    assert expected_calibration_error(won.astype(float), won) == 0


def test_fewer_pairs_than_groups_leave_groups_out() -> None:
    probabilities, won = np.array([0.5, 0.25]), np.array([True, False])
    assert expected_calibration_error(probabilities, won) == pytest.approx((0.5 + 0.25) / 2)
    assert sum(count for *_, count in reliability(probabilities, won)) == 2


def test_a_known_logistic_curve_is_recovered() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(0, 2, 40_000)
    probabilities = sigmoid(1.5 * scores - 3)
    won = rng.random(len(scores)) < probabilities
    curve = fit_log_odds(scores, won)
    assert np.abs(sigmoid(curve(scores)) - probabilities).max() < 0.02
    assert expected_calibration_error(sigmoid(curve(scores)), won) < 0.01


def test_a_higher_score_is_never_less_probable_even_if_the_data_says_so() -> None:
    scores = np.linspace(-3, 3, 100)
    for won in (scores < 0, scores > 0, np.arange(100) % 2 == 0):
        curve = fit_log_odds(scores, won)
        heights = curve(np.linspace(-9, 9, 400))
        assert (np.diff(heights) >= 0).all()
        assert curve(np.array([-9.0])) == curve(np.array([-4.0])), "flat beyond the fitted range"
        assert curve(np.array([9.0])) == curve(np.array([4.0]))
    assert np.ptp(fit_log_odds(scores, scores < 0)(scores)) < 1e-4


@pytest.mark.parametrize("pairs_per_group", [1, 7, 40])
def test_the_reliability_curve_agrees_with_scikit_learn(pairs_per_group: int) -> None:
    rng = np.random.default_rng(3)
    probabilities = rng.random(BINS * pairs_per_group)
    won = rng.random(len(probabilities)) < probabilities
    share, mean = calibration_curve(won, probabilities, n_bins=BINS, strategy="quantile")
    curve = np.array(reliability(probabilities, won))
    np.testing.assert_allclose(curve[:, 0], mean)
    np.testing.assert_allclose(curve[:, 1], share)
    assert set(curve[:, 2]) == {pairs_per_group}
    assert expected_calibration_error(probabilities, won) == pytest.approx(np.abs(share - mean).mean())


def test_calibration_improves_the_brier_score() -> None:
    rng = np.random.default_rng(4)
    scores = rng.normal(0, 2, 5_000)
    won = rng.random(len(scores)) < sigmoid(1.5 * scores - 3)
    calibrated = sigmoid(fit_log_odds(scores, won)(scores))
    assert brier_score_loss(won, calibrated) < brier_score_loss(won, sigmoid(scores)) - 0.02
    assert brier_score_loss(won, calibrated) < np.var(won)
    assert stats.spearmanr(scores, calibrated).statistic == pytest.approx(1)


def with_grades(examples: Examples, grades: list[int]) -> Examples:
    return Examples(**{**vars(examples), "grades": np.array(grades)})


def test_figures_by_hand() -> None:
    """Two needs with three candidates each. The suitable one ranks second for the first need, first for the second."""
    examples = with_grades(sample_examples(2, 3), [0, 3, 1, 2, 0, 0])
    curve, figures = calibrate(np.array([3.0, 2.0, 1.0, 3.0, 2.0, 1.0]), examples)
    assert figures["suitability"]["suitable@5"] == 1
    assert figures["suitability"]["misfits@5"] == pytest.approx((1 / 3 + 2 / 3) / 2)
    assert sum(pairs for *_, pairs in figures["reliability"]) == 6
    assert (np.diff(curve.values) > 0).all()


def test_each_need_is_assessed_by_a_calibration_fitted_on_other_needs() -> None:
    """High scores suit one need and low scores the other, so each calibration is wrong about the other need."""
    examples = with_grades(sample_examples(2, 40), [2] * 20 + [0] * 40 + [2] * 20)
    _, figures = calibrate(np.tile(np.linspace(3, -3, 40), 2), examples)
    assert figures["expected_calibration_error"] > 0.4


def test_the_curve_is_fitted_on_all_needs_and_only_suitable_grades_count() -> None:
    examples = sample_examples(400, 5, seed=1)
    suitable = examples.grades >= 2
    scores = np.random.default_rng(3).normal(size=len(suitable)) + 2 * suitable
    curve, figures = calibrate(scores, examples)
    assert curve == fit_log_odds(scores, suitable)
    assert figures["expected_calibration_error"] < 0.05


@pytest.mark.parametrize(("needs", "grades"), [(1, [3, 0, 0]), (2, [2] * 6), (2, [1] * 3 + [0, 1, 0])])
def test_needs_that_do_not_show_who_suits_are_an_error(needs: int, grades: list[int]) -> None:
    with pytest.raises(InvalidInput, match="do not show who suits"):
        calibrate(np.arange(3.0 * needs), with_grades(sample_examples(needs, 3), grades))
