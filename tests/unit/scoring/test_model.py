"""The additive model: what it refuses, how scores are made up of parts, and files that are read back unchanged."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matcher.foundations.errors import InvalidInput, Unavailable
from matcher.scoring import FAMILIES, PARTS, PROFILE_SIGNALS, AdditiveModel, Curve, Pooling
from tests.support.fakes import shipped_model
from tests.support.models import LEVEL, NAMES, NO_WEIGHTS, PROFILE_NAMES, model, piece, scored, weights


@pytest.mark.parametrize(
    ("at", "values"),
    [
        ((), ()),
        ((0.0, 1.0), (0.0,)),
        ((0.0, 1.0), (1.0, 0.9)),
        ((1.0, 0.0), (0.0, 1.0)),
        ((0.0, 0.0), (0.0, 1.0)),
        ((0.0, float("nan")), (0.0, 1.0)),
        ((0.0, 1.0), (0.0, float("inf"))),
    ],
)
def test_a_curve_that_falls_or_has_no_height_is_refused(at: tuple[float, ...], values: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="curve"):
        Curve(at, values)


def test_the_height_of_the_unknown_must_be_a_number() -> None:
    with pytest.raises(ValueError, match="curve"):
        Curve((0.0,), (0.0,), math.nan)


def test_a_curve_is_linear_between_its_points_and_level_outside() -> None:
    curve = Curve((0.0, 1.0, 3.0), (1.0, 2.0, 2.5), 1.75)
    assert curve(np.array([-5.0, 0.0, 0.5, 1.0, 2.0, 3.0, 9.0])).tolist() == [1.0, 1.0, 1.5, 2.0, 2.25, 2.5, 2.5]
    assert curve(np.array([math.nan, 0.5])).tolist() == [1.75, 1.5]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"weights": weights(work={"place": -1e-9})}, "negative"),
        ({"weights": weights(offer={"words": math.nan})}, "not a finite number"),
        ({"weights": weights(name={"meaning": math.inf})}, "not a finite number"),
        ({"weights": NO_WEIGHTS[:2]}, "do not match"),
        ({"weights": tuple(row[:-1] for row in NO_WEIGHTS)}, "do not match"),
        ({"bias": (0.0, 0.0)}, "do not match"),
        ({"bias": (0.0, math.nan, 0.0)}, "not a finite number"),
        ({"base": math.nan}, "not a finite number"),
        ({"curves": {}}, "curves"),
        ({"curves": {**{signal.name: LEVEL for signal in PROFILE_SIGNALS}, "fame": LEVEL}}, "curves"),
    ],
)
def test_a_model_with_other_signals_or_negative_weights_is_refused(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        model(**values)


def test_a_pooled_score_by_hand() -> None:
    """A name has strength ln 2, and two pieces of work have ln 3 and ln 1. E is ln 6. Shares are 1/3, 1/2 and 1/6."""
    made = model(
        base=-4.0,
        bias=(math.log(2), 0.0, 0.0),
        weights=weights(work={"meaning": math.log(3), "category": 2.0}, name={"words": 7.0}),
        curves={
            **{signal.name: LEVEL for signal in PROFILE_SIGNALS},
            "coverage": Curve((0.0, 1.0), (0.0, 0.5)),
            "capacity": Curve((-1.0, 1.0), (-3.0, 0.0), -0.25),
        },
    )
    result = scored(
        made,
        "name work work",
        piece(),
        piece(meaning=1.0),
        piece(),
        profile=(math.nan, 1.0, 1.0, 0.3, 0.3, 0.3, math.nan),
    )
    assert result.shares.tolist() == pytest.approx([1 / 3, 1 / 2, 1 / 6])
    assert result.scores.tolist() == pytest.approx([-4.0 + math.log(6) + 0.5 - 0.25])
    parts = dict(zip(PARTS, result.parts[0].tolist(), strict=True))
    assert parts["base"] == pytest.approx(-4.0 + math.log(2) / 3)
    assert parts["meaning"] == pytest.approx(math.log(3) / 2)
    assert parts["breadth"] == pytest.approx(math.log(3) / 3 + math.log(2) / 2 + math.log(6) / 6)
    assert (parts["coverage"], parts["capacity"]) == (0.5, -0.25)
    others = {"base", "meaning", "breadth", "coverage", "capacity"}
    assert all(part == 0 for name, part in parts.items() if name not in others)


def test_the_best_piece_alone_gives_the_score() -> None:
    made = model(
        base=-4.0,
        bias=(0.5, 0.0, 0.0),
        weights=weights(work={"meaning": 2.0, "words": 1.0}),
        pooling=Pooling.BEST_PIECE,
    )
    result = scored(made, "name work work work", piece(), *[piece(meaning=0.5, words=1.0)] * 2, piece(meaning=0.75))
    parts = dict(zip(PARTS, result.parts[0].tolist(), strict=True))
    assert (parts["base"], parts["meaning"], parts["words"], parts["breadth"]) == (-4.0, 1.0, 1.0, 0.0)
    assert result.scores.tolist() == [-2.0]
    assert result.shares[1] == result.shares[2] > result.shares[3] > result.shares[0], "quotes still need shares"


def test_the_way_of_pooling_is_read_back_and_is_a_soft_vote_in_earlier_files() -> None:
    best = model(pooling=Pooling.BEST_PIECE)
    assert AdditiveModel.of_content(best.content()) == best
    assert "pooling" not in model().content(), "the digests of earlier models stay the same"
    with pytest.raises(ValueError, match="loudest"):
        AdditiveModel.of_content(best.content() | {"pooling": "loudest"})


def test_candidates_are_pooled_separately() -> None:
    made = model(weights=weights(work={"meaning": 5.0}, offer={"meaning": 1.0}))
    rows = [piece(meaning=0.25), piece(meaning=0.5), piece(meaning=-0.75)]
    family = np.array([FAMILIES.index(name) for name in ("offer", "work", "work")], dtype=np.int8)
    result = made.pooled(np.array(rows), np.zeros((2, len(PROFILE_SIGNALS))), family, np.array([0, 2]))
    first = math.log(math.exp(0.25) + math.exp(2.5))
    assert result.scores.tolist() == pytest.approx([first, -3.75])
    assert result.shares.tolist() == pytest.approx([math.exp(0.25 - first), math.exp(2.5 - first), 1.0])


def test_a_single_piece_has_the_whole_share_and_no_breadth() -> None:
    result = scored(model(weights=weights(offer={"words": 2.0})), "offer", piece(words=0.5))
    parts = dict(zip(PARTS, result.parts[0].tolist(), strict=True))
    assert (result.scores.tolist(), result.shares.tolist(), parts["breadth"]) == ([1.0], [1.0], 0.0)


def test_strengths_of_any_size_can_be_pooled() -> None:
    made = model(weights=weights(work={"meaning": 1e4}))
    result = scored(made, "work work", piece(meaning=1.0), piece(meaning=-1.0))
    assert result.scores.tolist() == [1e4]
    assert result.shares.tolist() == [1.0, 0.0]


def test_parts_are_added_from_left_to_right() -> None:
    result = scored(
        model(base=0.1, weights=weights(work=dict.fromkeys(NAMES, 0.7))),
        "work",
        [0.1 * n for n in range(len(NAMES))],
    )
    total = 0.0
    for part in result.parts[0].tolist():
        total += part
    assert result.scores.tolist() == [total]


def test_log_odds_of_zero_are_a_probability_of_a_half() -> None:
    made = model(log_odds=Curve((0.0, 4.0), (-2.0, 2.0)))
    expected = [1 / (1 + math.exp(2)), 0.5, 1 / (1 + math.exp(-2))]
    assert made.probability(np.array([-9.0, 2.0, 4.0])).tolist() == pytest.approx(expected)


def test_a_removed_signal_adds_nothing_and_the_others_stay() -> None:
    whole = shipped_model()
    less = whole.without(["meaning", "coverage"])
    rows = np.array([piece(meaning=0.5, words=0.5), piece(meaning=0.25, words=0.125)])
    rest = (
        np.array([[0.0, 1.0, 0.5, 0.3, 0.3, 1.0, math.nan]]),
        np.array([1, 2], dtype=np.int8),
        np.zeros(1, dtype=np.int64),
    )
    result = dict(zip(PARTS, less.pooled(rows, *rest).parts[0].tolist(), strict=True))
    assert (result["meaning"], result["coverage"]) == (0, 0)
    assert result["words"] > 0
    rows[:, NAMES.index("meaning")] = 0.75
    assert dict(zip(PARTS, less.pooled(rows, *rest).parts[0].tolist(), strict=True)) == result
    assert whole.without([]) == whole
    with pytest.raises(InvalidInput, match="“fame” is not a signal"):
        whole.without(["fame"])


def test_a_saved_model_is_loaded_unchanged(tmp_path: Path) -> None:
    for made in (
        shipped_model(),
        model(
            base=0.1 + 0.2,
            bias=(1 / 3, -2.0, 0.0),
            weights=weights(work={"meaning": 1e-17, "scale": 1 / 7}),
            curves={signal.name: Curve((0.1, 0.7), (-1 / 3, 5e-324), 0.1) for signal in PROFILE_SIGNALS},
        ),
    ):
        made.save(tmp_path / "new" / "folder")
        assert AdditiveModel.load(tmp_path / "new" / "folder") == made
    assert replace(made, version="2") != made


@pytest.fixture
def content(tmp_path: Path) -> dict[str, Any]:
    """The content of a model file."""
    shipped_model().save(tmp_path)
    read: dict[str, Any] = json.loads((tmp_path / "model.json").read_text())
    return read


@pytest.mark.parametrize("written", [None, "", "[]", "null", "{}", '{"name": "m"}', "\udcff"])
def test_a_model_that_cannot_be_read_is_reported(tmp_path: Path, written: str | None) -> None:
    if written is not None:
        (tmp_path / "model.json").write_bytes(written.encode("utf-8", "surrogateescape"))
    with pytest.raises(Unavailable, match="MATCHER_RANKING_MODEL"):
        AdditiveModel.load(tmp_path)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("families",), None),
        (("families", "work"), None),
        (("families", "work", "weights", "meaning"), -1.0),
        (("families", "work", "weights", "meaning"), "much"),
        (("families", "work", "weights", "meaning"), None),
        (("families", "work", "bias"), math.nan),
        (("base",), math.inf),
        (("curves", "capacity", "values"), [1.0, 0.0]),
        (("curves", "capacity", "at"), "high"),
        (("curves", "capacity", "unknown"), math.nan),
        (("curves", "fame"), {"at": [0], "values": [0]}),
        (("curves",), None),
        (("curves",), [1]),
        (("log_odds",), {"at": [0, 1], "values": [1, 0]}),
        (("families", "work", "weights", "fame"), 3.0),
    ],
)
def test_a_damaged_model_is_reported_and_not_used(
    tmp_path: Path, content: dict[str, Any], path: tuple[str, ...], value: object
) -> None:
    place = content
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    (tmp_path / "model.json").write_text(json.dumps(content))
    with pytest.raises(Unavailable, match="MATCHER_RANKING_MODEL"):
        AdditiveModel.load(tmp_path)


def test_an_unknown_signal_is_named(tmp_path: Path, content: dict[str, Any]) -> None:
    for place in (content["families"]["work"]["weights"], content["curves"]):
        place["fame"] = 3.0
        (tmp_path / "model.json").write_text(json.dumps(content))
        with pytest.raises(Unavailable, match="this version of the program has no signal 'fame'"):
            AdditiveModel.load(tmp_path)
        del place["fame"]


def test_a_signal_that_a_model_lacks_counts_for_nothing(content: dict[str, Any]) -> None:
    for family in content["families"].values():
        family["weights"].pop("place", None)
    del content["curves"]["reach"]
    lacking = AdditiveModel.of_content(content)
    assert lacking == shipped_model().without(["place", "reach"])
    assert AdditiveModel.of_content(lacking.content()) == lacking
    content["curves"] = {}
    assert all(curve == LEVEL for curve in AdditiveModel.of_content(content).curves.values())


def test_a_signal_that_a_model_lacks_moves_no_bit_of_a_score(content: dict[str, Any]) -> None:
    rng = np.random.default_rng(4)
    pieces = rng.uniform(-1, 1, (60, len(NAMES)))
    profiles, family = rng.uniform(-1, 1, (20, len(PROFILE_SIGNALS))), rng.integers(0, 3, 60).astype(np.int8)
    starts = np.arange(0, 60, 3)
    for family_content in content["families"].values():
        for name in ("place", "scale"):
            family_content["weights"].pop(name, None)
    del content["curves"]["name_wording"]
    model = AdditiveModel.of_content(content)
    result = model.pooled(pieces, profiles, family, starts)
    others = pieces.copy(), profiles.copy()
    others[0][:, [NAMES.index("place"), NAMES.index("scale")]] = 7.0
    others[1][:, PROFILE_NAMES.index("name_wording")] = math.nan
    changed = model.pooled(*others, family, starts)
    assert changed.scores.tobytes() == result.scores.tobytes()
    assert changed.shares.tobytes() == result.shares.tobytes()
    absent = [PARTS.index(name) for name in ("place", "scale", "name_wording")]
    assert not result.parts[:, absent].any()
    present = [n for n in range(len(PARTS)) if n not in absent]
    assert changed.parts[:, present].tobytes() == result.parts[:, present].tobytes()
