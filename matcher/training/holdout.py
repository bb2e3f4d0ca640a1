"""The holdout: the latest needs, scored by a model that has not seen them, to calibrate it and measure its accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from matcher.evaluation.measures.calibration import expected_calibration_error, reliability
from matcher.evaluation.measures.metrics import METRICS, measure
from matcher.foundations.arrays import Floats
from matcher.foundations.errors import InvalidInput
from matcher.scoring import Curve
from matcher.sources.awards import Award
from matcher.training.calibration import fit_log_odds, is_comparable
from matcher.training.examples import Examples, examples_of, suppliers_of
from matcher.training.fitting import WeightedExamples, scores
from matcher.training.history import won_by_returning_suppliers
from matcher.training.learning import LearnedModel
from matcher.training.parameters import ParameterLayout
from matcher.training.recipe import Recipe

# How many folds the needs are split into. The calibration for each fold is fitted on the other folds.
FOLDS: Final = 2


def score_holdout(
    learned: LearnedModel, awards: Sequence[Award], start: int, recipe: Recipe
) -> tuple[Floats, Examples]:
    """Use the tuned encoder to score every supplier with earlier work for each need from position `start` onwards.

    Returns the scores, shape (candidates,), and the examples.

    Raises:
        InvalidInput: no need from `start` onwards has a winner with earlier work.

    """
    needs = won_by_returning_suppliers(awards, start)
    progress = recipe.start_progress("Comparing held-back needs")
    examples = examples_of(
        suppliers_of(awards), needs, recipe.tuned_encoder(learned.weights), dated=True, progress=progress
    )
    weighted = WeightedExamples.of(examples, 1.0, learned.unknown)
    return scores(weighted, ParameterLayout.standard(), learned.parameters), examples


def calibrate(scored: Floats, examples: Examples) -> tuple[Curve, dict[str, Any]]:
    """Return the calibration fitted on the whole holdout, and accuracy figures for the manifest.

    The calibration error and reliability curve are cross-validated, so that no calibration is assessed on
    the needs that it was fitted on. Tied candidates are given their mean rank.

    Raises:
        InvalidInput: there are fewer needs than `FOLDS`, or a calibration would be fitted only on wins or only
            on losses.

    """
    from scipy.special import expit
    from sklearn.model_selection import GroupKFold

    comparable = is_comparable(scored, examples.need)
    score, won, need = scored[comparable], examples.won[comparable], examples.need[comparable]
    if len(examples) < FOLDS:
        raise _uninformative()
    probabilities = np.empty(len(score))
    for fit, test in GroupKFold(FOLDS).split(score, won, need):
        if len(np.unique(won[fit])) < 2:
            raise _uninformative()
        probabilities[test] = expit(fit_log_odds(score[fit], won[fit])(score[test]))
    grades = np.split(examples.won.astype(np.int64), examples.starts[1:])
    values = [measure(*answer) for answer in zip(np.split(scored, examples.starts[1:]), grades, strict=True)]
    means = dict(zip(METRICS, np.mean(values, axis=0).tolist(), strict=True))
    figures = {
        "hit@10": means["hit@10"],
        "mrr": means["mrr"],
        "expected_calibration_error": expected_calibration_error(probabilities, won),
        "reliability": reliability(probabilities, won),
    }
    return fit_log_odds(score, won), figures


def _uninformative() -> InvalidInput:
    return InvalidInput(
        "the latest awards do not show which suppliers win and which do not", remedy="Use a longer history"
    )
