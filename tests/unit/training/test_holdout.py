"""Holdout: each need is judged by a calibration fitted on other needs, and ranks are measured as in evaluation."""

from __future__ import annotations

import numpy as np
import pytest

from matcher.foundations.errors import InvalidInput
from matcher.training.calibration import fit_log_odds
from matcher.training.examples import Examples
from matcher.training.holdout import calibrate

from .samples import LAYOUT, sample_examples, won_by


def with_winners(examples: Examples, won: list[bool]) -> Examples:
    return Examples(**{**vars(examples), "won": np.array(won)})


def test_figures_by_hand() -> None:
    """Two needs with three candidates each. The winner ranks second for the first need and first for the second."""
    examples = with_winners(sample_examples(2, 3), [False, True, False, True, False, False])
    curve, figures = calibrate(np.array([3.0, 2.0, 1.0, 3.0, 2.0, 1.0]), examples)
    assert figures["hit@10"] == 1
    assert figures["mrr"] == pytest.approx((1 / 2 + 1) / 2)
    assert sum(pairs for *_, pairs in figures["reliability"]) == 6
    assert (np.diff(curve.values) > 0).all()


def test_ties_count_at_their_mean_rank() -> None:
    examples = with_winners(sample_examples(2, 3), [False, True, False, True, False, False])
    _, figures = calibrate(np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0]), examples)
    assert figures["mrr"] == pytest.approx(1 / 2)


def test_each_need_is_judged_by_a_calibration_fitted_on_other_needs() -> None:
    """High scores win one need and low scores the other, so each calibration is wrong about the other need."""
    examples = with_winners(sample_examples(2, 40), [True] * 20 + [False] * 40 + [True] * 20)
    scored = np.tile(np.linspace(3, -3, 40), 2)
    _, figures = calibrate(scored, examples)
    assert figures["expected_calibration_error"] > 0.4
    assert sum(pairs for *_, pairs in figures["reliability"]) == 80


def test_the_curve_is_fitted_on_the_whole_holdout_and_fits_it() -> None:
    truth = LAYOUT.prior()
    examples = won_by(sample_examples(400, 5, seed=1), truth, seed=2)
    scored = np.random.default_rng(3).normal(size=len(examples.won)) + 2 * examples.won
    curve, figures = calibrate(scored, examples)
    assert curve == fit_log_odds(scored, examples.won)
    assert figures["expected_calibration_error"] < 0.05


@pytest.mark.parametrize(
    ("needs", "won"), [(1, [True, False, False]), (2, [True] * 6), (2, [True] * 3 + [False, True, False])]
)
def test_a_fold_without_winners_and_losers_is_an_error(needs: int, won: list[bool]) -> None:
    with pytest.raises(InvalidInput, match="which suppliers win"):
        calibrate(np.arange(3.0 * needs), with_winners(sample_examples(needs, 3), won))
