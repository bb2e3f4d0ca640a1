"""Calibration: from scores to the share of comparable pairs in which the supplier won."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from matcher.evaluation.measures.calibration import COMPARABLE
from matcher.foundations.arrays import Floats, Rows
from matcher.scoring.model import Curve


def is_comparable(scores: Floats, need: Rows, starts: Rows) -> NDArray[np.bool_]:
    """Return which candidates are among the `COMPARABLE` first of their need."""
    order = np.lexsort((-scores, need))
    place = np.empty(len(scores), dtype=np.int64)
    place[order] = np.arange(len(scores)) - starts[need[order]]
    return place < COMPARABLE


def fit_log_odds(scores: Floats, won: NDArray[np.bool_]) -> Curve:
    """Return log odds of winning as a rising straight line over scores (Platt 1999), level beyond what was seen."""
    model = LogisticRegression(C=1e6).fit(scores[:, None], won)
    slope, offset = max(float(model.coef_[0, 0]), 1e-6), float(model.intercept_[0])
    low, high = float(scores.min()) - 1.0, float(scores.max()) + 1.0
    return Curve((low, high), (offset + slope * low, offset + slope * high))
