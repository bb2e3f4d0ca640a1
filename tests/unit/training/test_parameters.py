"""The vector of parameters and the model made of it say the same."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from matcher.scoring import AdditiveModel, Curve
from matcher.signals import FAMILIES, PIECE_SIGNALS, PROFILE_SIGNALS, Floats
from matcher.training.examples import Examples
from matcher.training.fitting import Part, scores
from matcher.training.parameters import ACCREDITATIONS, MOST_CAPACITY, PRIOR, PRIOR_BIAS, profile_terms

from .made import LAYOUT, made_examples

COVERAGE, ACCREDITED, *_ = range(len(PROFILE_SIGNALS))
LEVEL = Curve((0.0,), (0.0,))


def parameters(seed: int) -> Floats:
    """Return parameters within bounds, exact in single precision."""
    drawn = np.abs(LAYOUT.prior() + np.random.default_rng(seed).normal(size=len(LAYOUT.prior())))
    bounded = [min(value, high) if high is not None else value for value, (_, high) in zip(drawn, LAYOUT.bounds())]  # noqa: B905
    return np.round(np.array(bounded) * 1024) / 1024


def examples(seed: int) -> Examples:
    made = made_examples(20, 10, seed, pieces=5)
    deal = np.random.default_rng(seed)
    profiles = made.profiles.copy()
    profiles[:, COVERAGE] = deal.choice([0, 0.5, 1], len(profiles))
    profiles[:, ACCREDITED] = 1.0  # award notices require none
    return Examples(**{**vars(made), "profiles": profiles})


def test_the_model_scores_as_fitting_does(tmp_path: Path) -> None:
    for seed in range(3):
        given, vector = examples(seed), parameters(seed)
        made = LAYOUT.model(vector, name="m", version="1", log_odds=LEVEL)
        made.save(tmp_path)
        model = AdditiveModel.load(tmp_path)
        assert model == made
        fitted = scores(Part.of(given, 1.0), LAYOUT, vector)
        pieces = given.pieces.astype(np.float64)
        scored = model.pooled(pieces, given.profiles, given.family, given.piece_starts).scores
        assert np.abs(scored - fitted).max() < 1e-6


def test_accreditations_that_are_missing_cost_and_those_not_asked_for_say_nothing() -> None:
    model = LAYOUT.model(LAYOUT.prior(), name="m", version="1", log_odds=LEVEL)
    heights = model.curves["accreditations"](np.array([1.0, 0.5, 0.0]))
    assert heights.tolist() == [0, -ACCREDITATIONS / 2, -ACCREDITATIONS]


def test_the_prior_is_laid_out_as_it_is_written() -> None:
    prior = LAYOUT.prior()
    assert len(prior) == len(LAYOUT.bounds()) == LAYOUT.weights + len(FAMILIES) + len(LAYOUT.slopes(prior))
    for family, row, bias in zip(FAMILIES, LAYOUT.matrix(prior), LAYOUT.biases(prior), strict=True):
        told = {signal.name: weight for signal, weight in zip(PIECE_SIGNALS, row.tolist(), strict=True) if weight}
        written = {name: weight for name, weight in PRIOR[family].items() if weight}
        assert (told, bias) == (written, PRIOR_BIAS[family])
    for value, (low, high) in zip(prior, LAYOUT.bounds(), strict=True):
        assert low is None or value >= low
        assert high is None or value <= high


def test_no_step_of_turnover_may_cost_more_than_is_decided() -> None:
    name = [signal.name for signal in PIECE_SIGNALS].index("capacity")
    for row, family in enumerate(FAMILIES):
        bounds = np.zeros(LAYOUT.used.shape)
        bounds[LAYOUT.used] = [math.inf if high is None else high for _, high in LAYOUT.bounds()[: LAYOUT.weights]]
        assert bounds[row, name] == MOST_CAPACITY[family]
        assert np.isinf(np.delete(bounds[row], name)[np.delete(LAYOUT.used[row], name)]).all()


def test_terms_of_the_profile_by_hand() -> None:
    rows = np.array([[0.5, 1, 0.1, 0.2], [0, 1, 0, 0]])
    assert profile_terms(rows).tolist() == [[0.5, 0.1, 0.2], [0, 0, 0]]
