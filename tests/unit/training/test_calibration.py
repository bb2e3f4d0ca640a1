"""Calibration: answers worked out by hand, scikit-learn as an oracle, and a known logistic curve."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from matcher.evaluation.measures.calibration import BINS, COMPARABLE, expected_calibration_error, reliability
from matcher.foundations.arrays import Floats
from matcher.training.calibration import fit_log_odds, is_comparable


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


def test_the_highest_scores_of_each_need_are_comparable() -> None:
    sizes = [COMPARABLE + 50, 3, COMPARABLE]
    need = np.repeat(np.arange(3), sizes)
    scores = np.random.default_rng(2).permutation(len(need)).astype(float)
    comparable = is_comparable(scores, need)
    assert [int(comparable[need == n].sum()) for n in range(3)] == [COMPARABLE, 3, COMPARABLE]
    first_scores = scores[need == 0]
    assert set(first_scores[comparable[need == 0]]) == set(sorted(first_scores)[50:])


def test_among_equal_scores_the_earlier_candidates_are_comparable() -> None:
    comparable = is_comparable(np.zeros(COMPARABLE + 2), np.zeros(COMPARABLE + 2, dtype=np.int64))
    assert np.flatnonzero(~comparable).tolist() == [COMPARABLE, COMPARABLE + 1]


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
