"""A model built from a parameter vector gives the same scores as fitting."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from matcher.foundations.arrays import Floats
from matcher.scoring import FAMILIES, PIECE_SIGNALS, PROFILE_SIGNALS, AdditiveModel, Curve, CurvePrior
from matcher.scoring.profile_signals import ACCREDITATIONS
from matcher.training.examples import Examples
from matcher.training.fitting import WeightedExamples, scores
from matcher.training.parameters import PRIOR_BIAS, profile_terms

from .samples import LAYOUT, sample_examples

CAPACITY, COVERAGE, ACCREDITED, *_ = range(len(PROFILE_SIGNALS))
CAPACITY_PRIOR = PROFILE_SIGNALS[CAPACITY].prior
assert isinstance(CAPACITY_PRIOR, CurvePrior)
CAPACITY_BENDS = CAPACITY_PRIOR.bends
LEVEL = Curve((0.0,), (0.0,))


def parameters(seed: int) -> Floats:
    """Return random parameters within bounds, exact in single precision."""
    drawn = np.abs(LAYOUT.prior() + np.random.default_rng(seed).normal(size=len(LAYOUT.prior())))
    bounded = [min(value, high) if high is not None else value for value, (_, high) in zip(drawn, LAYOUT.bounds())]  # noqa: B905
    return np.round(np.array(bounded) * 1024) / 1024


def examples(seed: int) -> Examples:
    sample = sample_examples(20, 10, seed, pieces=5)
    rng = np.random.default_rng(seed)
    profiles = sample.profiles.copy()
    profiles[:, CAPACITY] = rng.uniform(-8, 8, len(profiles))
    profiles[rng.random(len(profiles)) < 0.3, CAPACITY] = math.nan
    profiles[:5, CAPACITY] = [-10, -5, *CAPACITY_BENDS]
    profiles[:, COVERAGE] = rng.choice([0, 0.5, 1], len(profiles))
    profiles[:, ACCREDITED] = 1.0  # award notices require none
    return Examples(**{**vars(sample), "profiles": profiles})


@pytest.mark.parametrize("unknown", [-7.0, -2.5, 0.0, 0.4, 3.0])
def test_the_model_scores_as_fitting_does(tmp_path: Path, unknown: float) -> None:
    for seed in range(3):
        sample, vector = examples(seed), parameters(seed)
        built = LAYOUT.model(vector, name="m", version="1", unknown=unknown, log_odds=LEVEL)
        built.save(tmp_path)
        model = AdditiveModel.load(tmp_path)
        assert model == built
        fitted = scores(WeightedExamples.of(sample, 1.0, unknown), LAYOUT, vector)
        pieces = sample.pieces.astype(np.float64)
        scored = model.pooled(pieces, sample.profiles, sample.family, sample.piece_starts).scores
        assert np.abs(scored - fitted).max() < 1e-6


def test_missing_accreditations_lower_the_score_and_none_required_is_neutral() -> None:
    model = LAYOUT.model(LAYOUT.prior(), name="m", version="1", unknown=0.0, log_odds=LEVEL)
    heights = model.curves["accreditations"](np.array([1.0, 0.5, 0.0]))
    assert heights.tolist() == [0, -ACCREDITATIONS / 2, -ACCREDITATIONS]


def test_the_prior_vector_matches_the_written_prior() -> None:
    prior = LAYOUT.prior()
    assert len(prior) == len(LAYOUT.bounds()) == LAYOUT.weights + len(FAMILIES) + len(LAYOUT.slopes(prior))
    for family, row, bias in zip(FAMILIES, LAYOUT.matrix(prior), LAYOUT.biases(prior), strict=True):
        unpacked = {signal.name: weight for signal, weight in zip(PIECE_SIGNALS, row.tolist(), strict=True) if weight}
        written = {signal.name: signal.prior[family] for signal in PIECE_SIGNALS if signal.prior.get(family)}
        assert (unpacked, bias) == (written, PRIOR_BIAS[family])
    for value, (low, high) in zip(prior, LAYOUT.bounds(), strict=True):
        assert low is None or value >= low
        assert high is None or value <= high


def test_profile_terms_by_hand() -> None:
    rows = np.array([[-9, 0.5, 1, 0.1, 0.2], [-0.5, 0, 1, 0, 0], [2, 1, 1, 0, 0], [math.nan, 0, 1, 0, 0]])
    terms = profile_terms(rows, 0.25)
    assert terms[:, :3].tolist() == [[-4, -5, -6], [0, -0.5, -1.5], [0, 0, 0], [0, 0, -0.75]]
    assert terms[:, 3:].tolist() == [[0.5, 0.1, 0.2], [0, 0, 0], [1, 0, 0], [0, 0, 0]]
