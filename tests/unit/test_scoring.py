"""The additive model: what it refuses, and that a score is its parts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from matcher.errors import Unavailable
from matcher.scoring import AdditiveModel, Curve, totals
from matcher.signals import SIGNALS


@pytest.mark.parametrize(
    ("at", "values"),
    [
        ((), ()),
        ((0.0, 1.0), (0.0,)),
        ((0.0, 1.0), (1.0, 0.9)),
        ((1.0, 0.0), (0.0, 1.0)),
        ((0.0, 0.0), (0.0, 1.0)),
        ((0.0, float("nan")), (0.0, 1.0)),
        ((0.0, 1.0), (0.0, float("inf"))),
    ],
)
def test_what_is_no_rising_curve_is_refused(at: tuple[float, ...], values: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="curve"):
        Curve(at, values)


def test_a_curve_is_straight_between_its_points_and_level_outside() -> None:
    curve = Curve((0.0, 1.0, 3.0), (1.0, 2.0, 2.5))
    assert curve(np.array([-5.0, 0.0, 0.5, 1.0, 2.0, 3.0, 9.0])).tolist() == [1.0, 1.0, 1.5, 2.0, 2.25, 2.5, 2.5]


def test_a_model_of_signals_that_do_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="fame"):
        AdditiveModel("m", "1", 0.0, {"fame": Curve((0.0,), (1.0,))})


def test_parts_are_added_from_left_to_right() -> None:
    rows = np.array([[0.1, 0.2, 0.3], [1e16, 1.0, -1e16], [0.1, 0.7, 0.2]])
    assert totals(rows).tolist() == [0.0 + a + b + c for a, b, c in rows.tolist()]
    assert totals(np.empty((0, 3))).tolist() == []


def test_contributions_are_the_heights_of_the_curves() -> None:
    name, index = SIGNALS[-1].name, len(SIGNALS) - 1
    model = AdditiveModel("m", "1", 0.25, {name: Curve((0.0, 1.0), (0.0, 3.0))})
    rows = np.zeros((2, len(SIGNALS)))
    rows[1, index] = 0.5
    assert model.parts == ("base", name)
    assert model.contributions(rows).tolist() == [[0.25, 0.0], [0.25, 1.5]]


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"name": "m"}', "falling"])
def test_a_model_that_cannot_be_read_is_told(tmp_path: Path, content: str | None) -> None:
    if content == "falling":
        curves = {SIGNALS[0].name: {"at": [0, 1], "values": [1, 0]}}
        content = json.dumps({"name": "m", "version": "1", "base": 0, "curves": curves})
    if content is not None:
        (tmp_path / "model.json").write_text(content)
    with pytest.raises(Unavailable, match="MATCHER_RANKING_MODEL"):
        AdditiveModel.load(tmp_path)
