"""Meeting more of a need never lowers a score, and a score is its parts: for any model and for the shipped one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from matcher.scoring import AdditiveModel, Curve, totals
from matcher.signals import SIGNALS
from tests.fakes import shipped_model

LOWS = np.array([signal.low for signal in SIGNALS])
HIGHS = np.array([signal.high for signal in SIGNALS])

heights = st.floats(-10, 10, width=32)


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    """Draw a curve that never falls."""
    at = draw(st.lists(st.floats(-2, 2, width=32), min_size=1, max_size=6, unique=True).map(sorted))
    values = draw(st.lists(heights, min_size=len(at), max_size=len(at)).map(sorted))
    return Curve(tuple(at), tuple(values))


@st.composite
def models(draw: st.DrawFn) -> AdditiveModel:
    """Draw a model over some of the signals."""
    chosen = draw(st.lists(st.sampled_from([signal.name for signal in SIGNALS]), unique=True))
    return AdditiveModel("generated", "1", draw(heights), {name: draw(curves()) for name in chosen})


@st.composite
def rows(draw: st.DrawFn) -> NDArray[np.float64]:
    """Draw the signals of one profile, each in its range."""
    shares = draw(st.lists(st.floats(0, 1), min_size=len(SIGNALS), max_size=len(SIGNALS)))
    drawn: NDArray[np.float64] = np.array([LOWS + np.array(shares) * (HIGHS - LOWS)])
    return drawn


def score(model: AdditiveModel, row: NDArray[np.float64]) -> float:
    """Return the score of one profile."""
    return float(totals(model.contributions(row))[0])


@given(models() | st.just(shipped_model()), rows(), st.integers(0, len(SIGNALS) - 1), st.floats(0, 1))
def test_raising_a_signal_never_lowers_the_score(
    model: AdditiveModel, row: NDArray[np.float64], signal: int, share: float
) -> None:
    raised = row.copy()
    raised[0, signal] = max(row[0, signal], row[0, signal] + share * (HIGHS[signal] - row[0, signal]))
    assert score(model, raised) >= score(model, row)


@given(curves(), st.floats(-3, 3), st.floats(-3, 3))
@example(Curve((0.0, 0.1, 0.7), (0.0, 0.1, 0.3)), float(np.nextafter(0.1, 0)), 0.1)
def test_a_curve_never_falls(curve: Curve, x: float, y: float) -> None:
    low, high = curve(np.array(sorted([x, y])))
    assert low <= high


@given(curves())
def test_a_curve_never_falls_by_a_last_digit_at_its_points(curve: Curve) -> None:
    for point in curve.at:
        before, there, after = curve(np.array([np.nextafter(point, -9), point, np.nextafter(point, 9)]))
        assert before <= there <= after


@pytest.mark.parametrize("steps", [2, 201])
def test_the_shipped_model_over_a_grid(steps: int) -> None:
    model = shipped_model()
    middle = (LOWS + HIGHS) / 2
    for start, signal in itertools.product([LOWS, middle, HIGHS], range(len(SIGNALS))):
        grid = np.tile(start, (steps, 1))
        grid[:, signal] = np.linspace(LOWS[signal], HIGHS[signal], steps)
        assert (np.diff(totals(model.contributions(grid))) >= 0).all(), SIGNALS[signal].name


@given(models() | st.just(shipped_model()), st.lists(rows(), min_size=1, max_size=5))
def test_a_score_is_its_parts_from_left_to_right(model: AdditiveModel, drawn: list[NDArray[np.float64]]) -> None:
    parts = model.contributions(np.vstack(drawn))
    assert parts.shape == (len(drawn), len(model.parts))
    for row, found in zip(parts.tolist(), totals(parts).tolist(), strict=True):
        total = 0.0
        for part in row:
            total += part
        assert total == found
