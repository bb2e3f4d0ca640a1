from __future__ import annotations

import numpy as np
import pytest

from matcher.evaluation.measures.bootstrap import Ratio, intervals, ratios


def test_the_interval_covers_the_known_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    made = rng.exponential(scale=2.0, size=(60, 200))  # 200 samples of 60 needs, true mean 2
    bounds = intervals(made)
    covered = ((bounds[:, 0] <= 2.0) & (bounds[:, 1] >= 2.0)).mean()
    assert 0.88 <= covered <= 0.98


def test_the_interval_has_the_width_theory_gives() -> None:
    made = np.random.default_rng(2).normal(size=(1_000, 1))
    (low, high), deviation = intervals(made)[0], made.std() / np.sqrt(1_000)
    assert high - low == pytest.approx(2 * 1.96 * deviation, rel=0.1)


def test_the_same_values_give_the_same_interval_and_constants_one_point() -> None:
    values = np.random.default_rng(3).random((50, 2))
    np.testing.assert_array_equal(intervals(values), intervals(values))
    np.testing.assert_allclose(intervals(np.full((7, 1), 0.25)), [[0.25, 0.25]])


def test_nothing_to_draw_from_is_refused() -> None:
    with pytest.raises(ValueError, match="no need"):
        intervals(np.empty((0, 3)))


def test_twice_as_good_on_every_need_is_twice_as_good_in_every_draw() -> None:
    theirs = np.random.default_rng(4).random((80, 1)) + 0.1
    (ratio,) = ratios(2 * theirs, theirs)
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((2.0, 2.0, 2.0))


def test_pairing_makes_the_ratio_tighter_than_its_parts() -> None:
    rng = np.random.default_rng(5)
    hard = rng.random((300, 1))
    (ratio,) = ratios(hard + 0.01 * rng.random((300, 1)), hard)
    assert ratio.low is not None
    assert ratio.high is not None
    assert ratio.high - ratio.low < 0.01


def test_a_rival_at_zero_has_no_ratio() -> None:
    zero, some = np.zeros((20, 1)), np.ones((20, 1))
    assert ratios(some, zero) == (Ratio(None, None, None),)
    assert ratios(zero, zero) == (Ratio(None, None, None),)
    assert ratios(zero, some) == (Ratio(0.0, 0.0, 0.0),)


def test_a_rival_seldom_above_zero_has_a_ratio_without_an_upper_bound() -> None:
    theirs = np.zeros((20, 1))
    theirs[0] = 1.0
    (ratio,) = ratios(np.ones((20, 1)), theirs)
    assert ratio.value == pytest.approx(20.0)
    assert ratio.low is not None
    assert ratio.high is None


def test_values_of_different_needs_are_not_paired() -> None:
    with pytest.raises(ValueError, match="not measured on the same needs"):
        ratios(np.ones((3, 1)), np.ones((4, 1)))
