"""Calibration: turns a score into the share of comparable pairs in which the supplier won."""

from __future__ import annotations

import numpy as np

from matcher.evaluation.measures.calibration import COMPARABLE
from matcher.foundations.arrays import Floats, Mask, Rows
from matcher.scoring import Curve


def is_comparable(scores: Floats, need: Rows) -> Mask:
    """Return a mask of the candidates with the `COMPARABLE` highest `scores` for their need, shape (candidates,).

    `need`, shape (candidates,), identifies the need that each candidate belongs to. If scores are equal,
    earlier candidates come first.
    """
    import pandas as pd

    rank = pd.Series(-scores).groupby(need).rank(method="first")
    return np.asarray(rank <= COMPARABLE)


def fit_log_odds(scores: Floats, won: Mask) -> Curve:
    """Fit a rising straight line to the log odds of winning as a function of `scores` (Platt 1999).

    The line is flat below the lowest score minus 1 and above the highest score plus 1. Both arguments have
    shape (pairs,) and must include at least one pair that won and one that did not.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e6).fit(scores[:, None], won)
    slope, offset = max(float(model.coef_[0, 0]), 1e-6), float(model.intercept_[0])
    low, high = float(scores.min()) - 1.0, float(scores.max()) + 1.0
    return Curve((low, high), (offset + slope * low, offset + slope * high))
