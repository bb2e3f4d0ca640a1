"""Calibration: turns a score into the share of pairs with that score that readers judged suitable."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from matcher.evaluation.measures.calibration import expected_calibration_error, reliability
from matcher.evaluation.measures.suitability import SUITABLE, SuitabilityFigures, suitability
from matcher.foundations.arrays import Floats, Mask
from matcher.foundations.errors import InvalidInput
from matcher.scoring import Curve
from matcher.training.examples import Examples

# How many folds the needs are split into to measure the calibration. Each fold is assessed by a curve fitted on the
# other folds.
FOLDS: Final = 2


def fit_log_odds(scores: Floats, suitable: Mask) -> Curve:
    """Fit a rising straight line to the log odds of being suitable as a function of `scores` (Platt 1999).

    The line is flat below the lowest score minus 1 and above the highest score plus 1. Both arguments have
    shape (pairs,) and must include at least one suitable pair and one that is not.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e6).fit(scores[:, None], suitable)
    slope, offset = max(float(model.coef_[0, 0]), 1e-6), float(model.intercept_[0])
    low, high = float(scores.min()) - 1.0, float(scores.max()) + 1.0
    return Curve((low, high), (offset + slope * low, offset + slope * high))


def calibrate(scores: Floats, examples: Examples) -> tuple[Curve, dict[str, Any]]:
    """Return the calibration fitted on all `examples`, and figures for the manifest.

    `scores`, shape (candidates,), come from a model that did not learn from these needs. The calibration error and the
    reliability curve are cross-validated, so that no calibration is assessed on the needs that it was fitted on.

    Raises:
        InvalidInput: there are fewer needs than `FOLDS`, or a calibration would be fitted on suitable pairs alone or on
            others alone.

    """
    from scipy.special import expit
    from sklearn.model_selection import GroupKFold

    suitable = examples.grades >= SUITABLE
    if len(examples) < FOLDS:
        raise _uninformative()
    probabilities = np.empty(len(scores))
    for fit, test in GroupKFold(FOLDS).split(scores, suitable, examples.need):
        if len(np.unique(suitable[fit])) < 2:
            raise _uninformative()
        probabilities[test] = expit(fit_log_odds(scores[fit], suitable[fit])(scores[test]))
    values = [suitability(*answer) for answer in examples.by_need(scores) if answer[1].any()]
    figures = {
        "suitability": SuitabilityFigures.of(values).to_json(),
        "expected_calibration_error": expected_calibration_error(probabilities, suitable),
        "reliability": reliability(probabilities, suitable),
    }
    return fit_log_odds(scores, suitable), figures


def _uninformative() -> InvalidInput:
    return InvalidInput(
        "the judgements for calibration do not show who suits and who does not",
        remedy="Judge at least two needs, each with suitable and unsuitable profiles",
    )
