"""The bands of a probability, at their thresholds."""

from __future__ import annotations

import math

import pytest

from matcher.records.policy import Band, band_of


@pytest.mark.parametrize(
    ("probability", "band"),
    [
        (1.0, Band.STRONG),
        (0.10, Band.STRONG),
        (math.nextafter(0.10, 0), Band.POSSIBLE),
        (0.01, Band.POSSIBLE),
        (math.nextafter(0.01, 0), Band.UNLIKELY),
        (0.0, Band.UNLIKELY),
    ],
)
def test_a_band_includes_its_lower_threshold(probability: float, band: Band) -> None:
    assert band_of(probability) is band
