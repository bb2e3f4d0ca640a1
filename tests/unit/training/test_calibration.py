"""Calibration by hand, and against a logistic that is known."""

from __future__ import annotations

import numpy as np
import pytest

from matcher.evaluation.measures.calibration import BINS, COMPARABLE, expected_calibration_error, reliability
from matcher.foundations.arrays import Floats
from matcher.training.calibration import fit_log_odds, is_comparable


def sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x)), dtype=np.float64)


def test_the_error_by_hand() -> None:
    """30 pairs in 15 groups of two: of the upper ten one in two wins at 0.8, of the others none at 0.1."""
    probabilities = np.array([0.8] * 10 + [0.1] * 20)
    won = np.array([True, False] * 5 + [False] * 20)
    assert expected_calibration_error(probabilities, won) == pytest.approx((10 * 0.3 + 20 * 0.1) / 30)
    told = reliability(probabilities, won)
    assert len(told) == BINS
    assert told[0] == pytest.approx((0.1, 0.0, 2))
    assert told[-1] == pytest.approx((0.8, 0.5, 2))
    assert expected_calibration_error(won.astype(float), won) == 0


def test_fewer_pairs_than_groups() -> None:
    probabilities, won = np.array([0.5, 0.25]), np.array([True, False])
    assert expected_calibration_error(probabilities, won) == pytest.approx((0.5 + 0.25) / 2)
    assert sum(count for *_, count in reliability(probabilities, won)) == 2


def test_a_known_logistic_is_found_again() -> None:
    deal = np.random.default_rng(1)
    scores = deal.normal(0, 2, 40_000)
    likely = sigmoid(1.5 * scores - 3)
    won = deal.random(len(scores)) < likely
    curve = fit_log_odds(scores, won)
    assert np.abs(sigmoid(curve(scores)) - likely).max() < 0.02
    assert expected_calibration_error(sigmoid(curve(scores)), won) < 0.01


def test_more_is_never_less_likely_even_where_the_data_says_so() -> None:
    scores = np.linspace(-3, 3, 100)
    for won in (scores < 0, scores > 0, np.arange(100) % 2 == 0):
        curve = fit_log_odds(scores, won)
        heights = curve(np.linspace(-9, 9, 400))
        assert (np.diff(heights) >= 0).all()
        assert curve(np.array([-9.0])) == curve(np.array([-4.0])), "level beyond what was seen"
        assert curve(np.array([9.0])) == curve(np.array([4.0]))
    assert np.ptp(fit_log_odds(scores, scores < 0)(scores)) < 1e-4


def test_comparable_are_the_first_of_each_need() -> None:
    sizes = [COMPARABLE + 50, 3, COMPARABLE]
    need = np.repeat(np.arange(3), sizes)
    starts = np.cumsum(sizes) - np.array(sizes, dtype=np.int64)
    scores = np.random.default_rng(2).permutation(len(need)).astype(float)
    chosen = is_comparable(scores, need, starts)
    assert [int(chosen[need == n].sum()) for n in range(3)] == [COMPARABLE, 3, COMPARABLE]
    first = scores[need == 0]
    assert set(first[chosen[need == 0]]) == set(sorted(first)[50:])
