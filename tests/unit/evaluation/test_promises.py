"""Promises: worked out by hand over judged pairs, with and without anybody who suits."""

from __future__ import annotations

import numpy as np
import pytest

from matcher.evaluation.measures.promises import Promises


def test_promises_by_hand() -> None:
    promises = Promises()
    promises.add(np.array([0.9, 0.8, 0.2]), np.array([3, 1, 2]), highest=0.95)
    promises.add(np.array([0.1, 0.0]), np.array([2, 0]), highest=0.3)
    promises.add(np.array([0.3]), np.array([1]), highest=0.6)
    promises.add(np.array([0.05]), np.array([0]), highest=0.05)
    figures = promises.to_json()
    assert (figures["pairs"], figures["suitable"]) == (7, pytest.approx(3 / 7))
    assert figures["bands"] == {
        "strong": {"pairs": 2, "suitable": 0.5},
        "possible": {"pairs": 2, "suitable": 0.5},
        "unlikely": {"pairs": 3, "suitable": pytest.approx(1 / 3)},
    }
    assert figures["needs_with_suitable"] == {"needs": 2, "no_strong_match": 1}
    assert figures["needs_without_suitable"] == {"needs": 2, "no_strong_match": 1}
    # With fewer pairs than groups, each pair is a group of its own.
    assert figures["expected_calibration_error"] == pytest.approx((0.1 + 0.8 + 0.8 + 0.9 + 0.0 + 0.3 + 0.05) / 7)
