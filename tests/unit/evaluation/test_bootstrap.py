from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from matcher.evaluation.measures.bootstrap import CONFIDENCE, DRAWS, Ratio, intervals, ratios
from matcher.foundations.arrays import Floats


def test_intervals_cover_the_true_mean_about_as_often_as_stated() -> None:
    rng = np.random.default_rng(1)
    samples = rng.exponential(scale=2.0, size=(60, 200))  # 200 samples of 60 needs, true mean 2
    bounds = intervals(samples)
    covered = ((bounds[:, 0] <= 2.0) & (bounds[:, 1] >= 2.0)).mean()
    assert 0.88 <= covered <= 0.98


def test_interval_has_the_theoretical_width() -> None:
    values = np.random.default_rng(2).normal(size=(1_000, 1))
    (low, high), deviation = intervals(values)[0], values.std() / np.sqrt(1_000)
    assert high - low == pytest.approx(2 * 1.96 * deviation, rel=0.1)


def test_intervals_agree_with_scipy() -> None:
    values = np.random.default_rng(6).exponential(size=(80, 3))
    oracle = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, confidence_level=CONFIDENCE, method="percentile", rng=7
    )
    expected = np.column_stack(oracle.confidence_interval)
    # The ends of an interval vary by about this much between runs of `DRAWS` draws.
    noise = 4 * 2.7 * oracle.standard_error.max() / np.sqrt(DRAWS)
    np.testing.assert_allclose(intervals(values), expected, atol=noise)


def test_paired_ratios_agree_with_scipy() -> None:
    rng = np.random.default_rng(8)
    other = rng.random(60) + 0.2
    product = other * rng.uniform(0.8, 1.6, 60)

    def ratio(above: Floats, below: Floats, axis: int = -1) -> Floats:
        return np.asarray(above.mean(axis=axis) / below.mean(axis=axis))

    oracle = stats.bootstrap(
        (product, other), ratio, paired=True, n_resamples=20_000, method="percentile", rng=9, vectorized=True
    )
    (measured,) = ratios(product[:, None], other[:, None])
    noise = 4 * 2.7 * float(oracle.standard_error) / np.sqrt(DRAWS)
    assert measured.value == pytest.approx(float(ratio(product, other)))
    assert (measured.low, measured.high) == pytest.approx(tuple(oracle.confidence_interval), abs=noise)


def test_intervals_are_repeatable_and_constants_have_no_width() -> None:
    values = np.random.default_rng(3).random((50, 2))
    np.testing.assert_array_equal(intervals(values), intervals(values))
    np.testing.assert_allclose(intervals(np.full((7, 1), 0.25)), [[0.25, 0.25]])


def test_no_needs_is_an_error() -> None:
    with pytest.raises(ValueError, match="no needs"):
        intervals(np.empty((0, 3)))


def test_twice_as_good_on_every_need_is_twice_as_good_in_every_draw() -> None:
    other = np.random.default_rng(4).random((80, 1)) + 0.1
    (ratio,) = ratios(2 * other, other)
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((2.0, 2.0, 2.0))


def test_pairing_narrows_the_interval_of_the_ratio() -> None:
    rng = np.random.default_rng(5)
    hard = rng.random((300, 1))
    (ratio,) = ratios(hard + 0.01 * rng.random((300, 1)), hard)
    assert ratio.low is not None
    assert ratio.high is not None
    assert ratio.high - ratio.low < 0.01


def test_no_ratio_to_a_system_that_scores_zero() -> None:
    zero, some = np.zeros((20, 1)), np.ones((20, 1))
    assert ratios(some, zero) == (Ratio(None, None, None),)
    assert ratios(zero, zero) == (Ratio(None, None, None),)
    assert ratios(zero, some) == (Ratio(0.0, 0.0, 0.0),)


def test_no_upper_bound_against_a_system_that_rarely_scores_above_zero() -> None:
    other = np.zeros((20, 1))
    other[0] = 1.0
    (ratio,) = ratios(np.ones((20, 1)), other)
    assert ratio.value == pytest.approx(20.0)
    assert ratio.low is not None
    assert ratio.high is None


def test_different_needs_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match="not measured on the same needs"):
        ratios(np.ones((3, 1)), np.ones((4, 1)))
