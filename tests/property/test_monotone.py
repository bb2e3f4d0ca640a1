"""Meeting more of a need never lowers a score, and a score is the sum of its parts, for any model."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from matcher.scoring import (
    FAMILIES,
    PARTS,
    PIECE_SIGNALS,
    PROFILE_SIGNALS,
    AdditiveModel,
    Curve,
    PieceSignal,
    Pooling,
    ProfileSignal,
    Scored,
)
from matcher.scoring.profile_signals import ENOUGH_CAPACITY, MAX_CAPACITY
from tests.support.fakes import shipped_model

# The largest change that rounding can make to a sum of about twenty parts, each about ten.
ROUNDING = 1e-9

heights = st.floats(-10, 10, width=32)
weights = st.floats(0, 10, width=32)


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    """Draw a curve that never falls."""
    at = draw(st.lists(st.floats(-2, 2, width=32), min_size=1, max_size=6, unique=True).map(sorted))
    values = draw(st.lists(heights, min_size=len(at), max_size=len(at)).map(sorted))
    return Curve(tuple(at), tuple(values))


@st.composite
def models(draw: st.DrawFn) -> AdditiveModel:
    """Draw a model."""
    row = st.tuples(*[weights] * len(PIECE_SIGNALS))
    return AdditiveModel(
        name="generated",
        version="1",
        base=draw(heights),
        bias=draw(st.tuples(*[heights] * len(FAMILIES))),
        weights=draw(st.tuples(*[row] * len(FAMILIES))),
        curves={signal.name: draw(curves()) for signal in PROFILE_SIGNALS},
        log_odds=draw(curves()),
        pooling=draw(st.sampled_from(Pooling)),
    )


@dataclass(frozen=True)
class Fit:
    """The signals of one profile, and the families of its pieces."""

    pieces: NDArray[np.float64]
    profile: NDArray[np.float64]
    family: NDArray[np.int8]

    def scored(self, model: AdditiveModel) -> Scored:
        """Return the score of the profile alone."""
        return model.pooled(self.pieces, self.profile[None, :], self.family, np.zeros(1, dtype=np.int64))


def within(draw: st.DrawFn, signal: PieceSignal | ProfileSignal) -> float:
    """Draw a value of `signal`."""
    return signal.low + draw(st.floats(0, 1)) * (signal.high - signal.low)


@st.composite
def fits(draw: st.DrawFn) -> Fit:
    """Draw the signals of a profile with one to five pieces. Each signal is within its range."""
    family = draw(st.lists(st.integers(0, len(FAMILIES) - 1), min_size=1, max_size=5))
    pieces = np.array([[within(draw, signal) for signal in PIECE_SIGNALS] for _ in family])
    profile = np.array([within(draw, signal) for signal in PROFILE_SIGNALS])
    return Fit(pieces, profile, np.array(family, dtype=np.int8))


any_model = models() | st.just(shipped_model())


@given(any_model, fits(), st.data())
def test_raising_a_signal_of_a_piece_never_lowers_the_score(
    model: AdditiveModel, fit: Fit, data: st.DataObject
) -> None:
    piece = data.draw(st.integers(0, len(fit.family) - 1))
    signal = data.draw(st.integers(0, len(PIECE_SIGNALS) - 1))
    raised = fit.pieces.copy()
    share = data.draw(st.floats(0, 1))
    raised[piece, signal] += share * (PIECE_SIGNALS[signal].high - raised[piece, signal])
    better = Fit(raised, fit.profile, fit.family).scored(model).scores[0]
    assert better >= fit.scored(model).scores[0] - ROUNDING


@given(any_model, fits(), st.data())
def test_raising_a_signal_of_the_profile_never_lowers_the_score(
    model: AdditiveModel, fit: Fit, data: st.DataObject
) -> None:
    signal = data.draw(st.integers(0, len(PROFILE_SIGNALS) - 1))
    raised = fit.profile.copy()
    share = data.draw(st.floats(0, 1))
    raised[signal] += share * (PROFILE_SIGNALS[signal].high - raised[signal])
    better = Fit(fit.pieces, raised, fit.family).scored(model).scores[0]
    assert better >= fit.scored(model).scores[0] - ROUNDING


@given(any_model, fits(), fits())
def test_another_piece_never_lowers_the_score(model: AdditiveModel, fit: Fit, other: Fit) -> None:
    more = Fit(np.vstack([fit.pieces, other.pieces]), fit.profile, np.concatenate([fit.family, other.family]))
    assert more.scored(model).scores[0] >= fit.scored(model).scores[0] - ROUNDING


@given(any_model, fits(), st.data())
def test_with_the_best_piece_copies_and_weaker_pieces_change_not_a_bit(
    model: AdditiveModel, fit: Fit, data: st.DataObject
) -> None:
    model = replace(model, pooling=Pooling.BEST_PIECE)
    alone = fit.scored(model)
    weakest = int(np.argmin(alone.shares))
    added = data.draw(st.lists(st.sampled_from([int(np.argmax(alone.shares)), weakest]), min_size=1, max_size=40))
    padded = Fit(np.vstack([fit.pieces, fit.pieces[added]]), fit.profile, np.append(fit.family, fit.family[added]))
    assert padded.scored(model).scores.tolist() == alone.scores.tolist()
    assert padded.scored(model).parts.tolist() == alone.parts.tolist()


@given(fits(), st.floats(ENOUGH_CAPACITY, MAX_CAPACITY), st.floats(ENOUGH_CAPACITY, MAX_CAPACITY) | st.just(np.nan))
def test_the_model_in_use_gives_turnover_beyond_twice_the_value_nothing(fit: Fit, one: float, other: float) -> None:
    scores = []
    for capacity in (one, other):
        profile = fit.profile.copy()
        profile[[signal.name for signal in PROFILE_SIGNALS].index("capacity")] = capacity
        scores.append(Fit(fit.pieces, profile, fit.family).scored(shipped_model()).scores.tolist())
    assert scores[0] == scores[1]


def test_the_model_in_use_counts_the_best_piece_alone() -> None:
    assert shipped_model().pooling is Pooling.BEST_PIECE


@given(any_model, fits(), fits())
def test_a_score_is_its_parts_from_left_to_right(model: AdditiveModel, fit: Fit, other: Fit) -> None:
    together = model.pooled(
        np.vstack([fit.pieces, other.pieces]),
        np.vstack([fit.profile, other.profile]),
        np.concatenate([fit.family, other.family]),
        np.array([0, len(fit.family)]),
    )
    assert together.parts.shape == (2, len(PARTS))
    for row, score in zip(together.parts.tolist(), together.scores.tolist(), strict=True):
        total = 0.0
        for part in row:
            total += part
        assert total == score


@given(any_model, fits())
def test_the_parts_are_the_pooled_strength_of_the_pieces(model: AdditiveModel, fit: Fit) -> None:
    scored = fit.scored(model)
    strengths = [
        model.bias[family] + sum(w * x for w, x in zip(model.weights[family], row, strict=True))
        for family, row in zip(fit.family, fit.pieces, strict=True)
    ]
    pooled = max(strengths) if model.pooling is Pooling.BEST_PIECE else float(np.logaddexp.reduce(strengths))
    whole = sum(
        float(model.curves[signal.name](np.array([x]))[0])
        for signal, x in zip(PROFILE_SIGNALS, fit.profile, strict=True)
    )
    assert abs(scored.scores[0] - (model.base + pooled + whole)) < ROUNDING
    assert abs(scored.shares.sum() - 1) < ROUNDING


@given(any_model, st.lists(st.floats(-20, 20), min_size=2, max_size=10).map(sorted))
def test_a_higher_score_is_never_less_likely(model: AdditiveModel, scores: list[float]) -> None:
    likely = model.probability(np.array(scores))
    assert (np.diff(likely) >= 0).all()
    assert ((likely >= 0) & (likely <= 1)).all()


@given(curves(), st.floats(-3, 3), st.floats(-3, 3))
@example(Curve((0.0, 0.1, 0.7), (0.0, 0.1, 0.3)), float(np.nextafter(0.1, 0)), 0.1)
def test_a_curve_never_falls(curve: Curve, x: float, y: float) -> None:
    low, high = curve(np.array(sorted([x, y])))
    assert low <= high


@given(curves())
# Without a bound, interpolation in these curves rounds to above the height of the second point.
@example(Curve((-1.06, 1.4), (-0.2, 1.85)))
@example(Curve((-1.13, -0.01), (-0.61, 1.05)))
def test_a_curve_never_falls_by_a_last_digit_at_its_points(curve: Curve) -> None:
    for point in curve.at:
        before, there, after = curve(np.array([np.nextafter(point, -9), point, np.nextafter(point, 9)]))
        assert before <= there <= after
