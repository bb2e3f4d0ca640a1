"""A model built from a parameter vector gives the same scores as fitting."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from matcher.foundations.arrays import Floats
from matcher.scoring import FAMILIES, PIECE_SIGNALS, PROFILE_SIGNALS, AdditiveModel, Curve, CurvePrior, Pooling
from matcher.scoring.profile_signals import ACCREDITATIONS
from matcher.training.examples import Examples
from matcher.training.parameters import PRIOR_BIAS, profile_terms

from .samples import LAYOUT, sample_examples, scores

NAMES = [signal.name for signal in PROFILE_SIGNALS]
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
    sample = sample_examples(20, 10, seed, pieces=1)  # one piece is both the best piece and the whole pool
    rng = np.random.default_rng(seed)
    profiles = sample.profiles.copy()
    profiles[:, CAPACITY] = rng.uniform(-8, 8, len(profiles))
    profiles[rng.random(len(profiles)) < 0.3, CAPACITY] = math.nan
    profiles[:5, CAPACITY] = [-10, -5, *CAPACITY_BENDS]
    profiles[:, COVERAGE] = rng.choice([0, 0.5, 1], len(profiles))
    profiles[:, ACCREDITED] = 1.0  # none required
    return Examples(**{**vars(sample), "profiles": profiles})


def test_the_model_scores_as_fitting_does(tmp_path: Path) -> None:
    for seed in range(3):
        sample, vector = examples(seed), parameters(seed)
        built = LAYOUT.model(vector, name="m", version="1", log_odds=LEVEL)
        built.save(tmp_path)
        model = AdditiveModel.load(tmp_path)
        assert model == built
        assert model.pooling is Pooling.BEST_PIECE
        pieces = sample.pieces.astype(np.float64)
        scored = model.pooled(pieces, sample.profiles, sample.family, sample.piece_starts).scores
        assert np.abs(scored - scores(sample, vector)).max() < 1e-6


def test_missing_accreditations_lower_the_score_and_none_required_is_neutral() -> None:
    model = LAYOUT.model(LAYOUT.prior(), name="m", version="1", log_odds=LEVEL)
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
    rows = np.zeros((4, len(PROFILE_SIGNALS)))
    rows[:, CAPACITY] = [-9, -0.5, 2, math.nan]
    rows[:, NAMES.index("name_meaning")] = [0.1, 0, 0, 0]
    rows[:, NAMES.index("name_wording")] = [0.2, 0, 0, 0]
    rows[:, NAMES.index("reach")] = [0.5, 0, 1, 0]
    terms = profile_terms(rows)
    enough = math.log10(2)
    assert terms[:, :3] == pytest.approx(np.array([[-4, -5, -5 - enough], [0, -0.5, -0.5 - enough], *[[0, 0, 0]] * 2]))
    assert terms[:, 3:].tolist() == [[0.1, 0.2, 0.5], [0, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_turnover_counts_up_to_twice_the_value_and_unknown_turnover_is_neutral() -> None:
    curve = LAYOUT.model(LAYOUT.prior(), name="m", version="1", log_odds=LEVEL).curves["capacity"]
    assert curve(np.array([math.log10(2), 1.0, 10.0, math.nan])).tolist() == [0, 0, 0, 0]
    assert curve(np.log10([1.9]))[0] < 0
