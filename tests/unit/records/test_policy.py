"""The bands of a probability, at their thresholds."""

from __future__ import annotations

import math

import pytest

from matcher.records.policy import POSSIBLE_FROM, STRONG_FROM, Band, band_of


@pytest.mark.parametrize(
    ("probability", "band"),
    [
        (1.0, Band.STRONG),
        (STRONG_FROM, Band.STRONG),
        (math.nextafter(STRONG_FROM, 0), Band.POSSIBLE),
        (POSSIBLE_FROM, Band.POSSIBLE),
        (math.nextafter(POSSIBLE_FROM, 0), Band.UNLIKELY),
        (0.0, Band.UNLIKELY),
    ],
)
def test_a_band_includes_its_lower_threshold(probability: float, band: Band) -> None:
    assert band_of(probability) is band
