"""Training examples: the candidates of a need are the profiles judged for it, with their grades."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from matcher.embedding import CachedEncoder
from matcher.foundations.errors import InvalidInput
from matcher.index import query_for, retrieve
from matcher.records import Need, Profile, parse
from matcher.scoring import PIECE_SIGNALS, PROFILE_SIGNALS, measure_pieces, measure_profiles
from matcher.training.examples import Examples, day_of, examples_of, index_of
from matcher.training.judged_needs import JudgedNeed
from tests.support.fakes import MemoryVectors, WordEncoder

RECENCY = [signal.name for signal in PIECE_SIGNALS].index("recency")
ENCODER = CachedEncoder(WordEncoder(), MemoryVectors())
ON = date(2024, 5, 1)
REGISTER = [
    parse(
        Profile,
        {
            "id": f"p{n}",
            "name": f"Supplier {n}",
            "summary": f"we run {trade}",
            "track_record": [{"title": trade, "date": f"20{10 + n}-03-01"}] * (n % 3),
        },
    )
    for n, trade in enumerate(["falls classes", "meals", "transport", "falls clinics", "balance classes"])
]
INDEX = index_of(REGISTER, ENCODER, lambda _: None)


def judged(id: str, grades: dict[str, int], **fields: object) -> JudgedNeed:
    return JudgedNeed(parse(Need, {"id": id, "title": "falls classes", **fields}), grades)


def check_layout(examples: Examples) -> None:
    """Check the shapes and group starts of `examples`."""
    candidates = len(examples.grades)
    assert examples.pieces.shape == (len(examples.family), len(PIECE_SIGNALS))
    assert examples.profiles.shape == (candidates, len(PROFILE_SIGNALS))
    assert len(examples.need) == len(examples.piece_starts) == candidates
    assert examples.candidate.tolist() == sorted(examples.candidate.tolist())
    assert np.array_equal(np.searchsorted(examples.candidate, np.arange(candidates)), examples.piece_starts)
    assert np.array_equal(np.searchsorted(examples.need, np.arange(len(examples))), examples.starts)


def test_the_candidates_are_the_judged_profiles_in_the_register() -> None:
    needs = [judged("a", {"p3": 2, "p0": 3, "elsewhere": 3}), judged("b", {"p1": 0}), judged("c", {"elsewhere": 1})]
    steps: list[int] = []
    examples = examples_of(INDEX, needs, ENCODER, ON, steps.append)
    check_layout(examples)
    assert examples.grades.tolist() == [3, 2, 0]
    assert examples.need.tolist() == [0, 0, 1], "need c has no judged profile in the register"
    assert sum(steps) == 3
    assert [grades.tolist() for _, grades in examples.by_need(np.zeros(3))] == [[3, 2], [0]]


def test_the_signals_are_those_of_a_search() -> None:
    need = judged("a", {profile.id: 1 for profile in REGISTER})
    examples = examples_of(INDEX, [need], ENCODER, ON)
    query = query_for(need.need, ENCODER, ON)
    candidates = retrieve(INDEX, INDEX.live, query, depth=1_000)
    assert np.array_equal(examples.pieces, measure_pieces(candidates, query.facts).astype(np.float32))
    assert np.array_equal(examples.profiles, measure_profiles(candidates, query.facts), equal_nan=True)


def test_an_undated_need_is_taken_to_be_published_on_the_given_day() -> None:
    grades = {"p4": 1}
    undated, dated = (examples_of(INDEX, [judged("a", grades, **f)], ENCODER, ON) for f in ({}, {"published": ON}))
    later = examples_of(INDEX, [judged("a", grades, published="2030-01-01")], ENCODER, ON)
    assert np.array_equal(undated.pieces, dated.pieces)
    assert (later.pieces[:, RECENCY] <= dated.pieces[:, RECENCY]).all()
    assert later.pieces[-1, RECENCY] < dated.pieces[-1, RECENCY]


def test_the_day_is_that_of_the_latest_work() -> None:
    assert day_of(REGISTER) == date(2014, 3, 1)
    assert day_of([]) == date.min


def test_judgements_of_unknown_profiles_alone_are_an_error() -> None:
    with pytest.raises(InvalidInput, match="no judged profile is in the register"):
        examples_of(INDEX, [judged("a", {"elsewhere": 1})], ENCODER, ON)
