"""Signals: each is worked out by hand, values may be unknown, and no value is out of range."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from matcher.embedding import CachedEncoder
from matcher.foundations.ragged import Ragged
from matcher.foundations.row_groups import group_max
from matcher.index import Index, query_for, retrieve
from matcher.index.codes import day_number
from matcher.records import Need, Profile, parse
from matcher.scoring import (
    FAMILIES,
    PIECE_SIGNALS,
    PROFILE_SIGNALS,
    UNDATED,
    Candidates,
    NeedFacts,
    measure_pieces,
    measure_profiles,
)
from matcher.scoring.piece_signals import (
    LEAST_RECENCY,
    LEAST_SCALE,
    UNKNOWN_PLACE,
    UNKNOWN_SCALE,
    UNKNOWN_YEARS,
    agreement,
    category,
    overlap,
    recency,
    scale,
)
from matcher.scoring.profile_signals import (
    COULD_EXTEND,
    EXTENDING_TURNOVER,
    MAX_CAPACITY,
    UNKNOWN_REACH,
    WORKED_THERE,
    capacity,
    holds,
    reach,
)
from tests.support.fakes import MemoryVectors, WordEncoder
from tests.support.strategies import TODAY, needs, registers

NAMES = [signal.name for signal in PIECE_SIGNALS]
CAPACITY = [signal.name for signal in PROFILE_SIGNALS].index("capacity")
ENCODER = WordEncoder()
# Inner products are single-precision numbers.
ROUNDING = 1e-6

FACTS = NeedFacts(
    regions=0b011,
    value=1e6,
    cpv=(85100000,),
    day=day_number(date(2024, 1, 1)),
    accreditations=("dspt", "iso9001"),
    on=day_number(TODAY),
)
# One profile with two pieces: its name, and work with a title and two passages of text.
CANDIDATES = Candidates(
    profiles=np.array([7]),
    piece_starts=np.array([0]),
    passages=np.array([20, 21, 22, 23]),
    passage_starts=np.array([0, 1]),
    title=np.array([False, True, False, False]),
    cosines=np.array([[0.1, 0.2], [0.9, 0.8], [0.3, 0.5], [0.4, 0.25]], dtype=np.float32),
    bm25=np.array([[0.0, 0.125], [0.75, 0.875], [0.25, 0.375], [0.5, 0.0625]]),
    lexical_cosines=np.array([[0.3, 0.1], [0.7, 0.6], [0.2, 0.4], [0.35, 0.15]]),
    profile_columns={
        "turnover": np.array([1e6 / math.sqrt(10)]),
        "home": np.array([0b010], dtype=np.int32),
        "schemes": Ragged.of([["dspt", "iso9001"]], np.str_),
        "expires": Ragged.of([[FACTS.on, FACTS.on - 1]], np.int32),
    },
    piece_columns={
        "family": np.array([FAMILIES.index("name"), FAMILIES.index("work")], dtype=np.int8),
        "day": np.array([UNDATED, FACTS.day - 1461], dtype=np.int32),
        "value": np.array([math.nan, 1e4]),
        "regions": np.array([0, 0b110], dtype=np.int32),
        "cpv": Ragged.of([[], [48180000, 85109999]], np.int32),
    },
)


def test_each_piece_signal_by_hand() -> None:
    name, work = ([round(x, 7) for x in row] for row in measure_pieces(CANDIDATES, FACTS).tolist())
    assert dict(zip(NAMES, work, strict=True)) == {
        "meaning": 0.4, "title_meaning": 0.5,  # the best passage other than the title
        "meaning_of_title": 0.9, "title_meaning_of_title": 0.8,
        "words": 0.5, "title_words": 0.375, "title_words_of_title": 0.875,
        "wording": 0.35, "title_wording": 0.4, "title_wording_of_title": 0.6,
        "category": 0.6, "recency": round(-math.log(5), 7), "scale": -2.0, "place": 1.0,
    }  # fmt: skip
    assert dict(zip(NAMES, name, strict=True)) == {
        "meaning": 0.1, "title_meaning": 0.2,
        "meaning_of_title": 0.1, "title_meaning_of_title": 0.2,  # without a title, as for the whole piece
        "words": 0.0, "title_words": 0.125, "title_words_of_title": 0.125,
        "wording": 0.3, "title_wording": 0.1, "title_wording_of_title": 0.1,
        "category": 0.0, "recency": round(-math.log1p(UNKNOWN_YEARS), 7), "scale": UNKNOWN_SCALE,
        "place": UNKNOWN_PLACE,
    }  # fmt: skip


def test_each_profile_signal_by_hand() -> None:
    [row] = measure_profiles(CANDIDATES, FACTS).tolist()
    assert [signal.name for signal in PROFILE_SIGNALS] == [
        "capacity", "coverage", "accreditations", "name_meaning", "name_wording", "reach", "reading",
    ]  # fmt: skip
    assert row == pytest.approx([-0.5, 1.0, 0.5, 0.15, 0.2, 1.0, math.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("target", "home", "worked", "turnover", "expected"),
    [
        (0b001, 0b111, 0b010, math.nan, 1.0),
        (0b001, 0b001, 0, 1e9, 1.0),
        (0b001, 0b010, 0b101, 1e3, WORKED_THERE),
        (0b001, 0, 0b100, 1e9, UNKNOWN_REACH),
        (0b001, 0b010, 0b010, EXTENDING_TURNOVER, COULD_EXTEND),
        (0b001, 0b010, 0, EXTENDING_TURNOVER - 1, 0.0),
        (0b001, 0b010, 0, math.nan, 0.0),
        (0, 0b010, 0, 1e9, UNKNOWN_REACH),
    ],
    ids=["national", "here", "worked here", "unknown", "large elsewhere", "elsewhere", "size unknown", "no region"],
)
def test_reach(target: int, home: int, worked: int, turnover: float, expected: float) -> None:
    candidates = replace(
        CANDIDATES,
        profile_columns={"home": np.array([home], dtype=np.int32), "turnover": np.array([turnover])},
        piece_columns={**CANDIDATES.piece_columns, "regions": np.array([0, worked], dtype=np.int32)},
    )
    assert reach(candidates, replace(FACTS, regions=target)).tolist() == [expected]


def test_recency() -> None:
    now = day_number(date(2024, 1, 1))
    days = [now, now + 400, now - 1461, day_number(date(1, 1, 1)), UNDATED]
    expected = [0, 0, -math.log(5), LEAST_RECENCY, -math.log1p(UNKNOWN_YEARS)]
    assert recency(np.array(days, dtype=np.int32), now).tolist() == pytest.approx(expected)


def test_scale() -> None:
    values = np.array([1e6, 1e5, 1e7, 0.0, 50.0, 100.0, 1e15, math.nan])
    assert scale(values, 1e6).tolist() == pytest.approx([0, -1, -1, LEAST_SCALE, -4, -4, -4, UNKNOWN_SCALE])
    assert scale(values[:1], math.nan).tolist() == [UNKNOWN_SCALE]
    assert scale(np.array([30.0]), 0.01).tolist() == [0.0], "all small sums are alike"


def test_overlap() -> None:
    regions = np.array([0b001, 0b110, 0b111, 0], dtype=np.int32)
    assert overlap(regions, 0b001).tolist() == [1, 0, 1, UNKNOWN_PLACE]
    assert overlap(regions, 0).tolist() == [UNKNOWN_PLACE] * 4


def test_cpv_codes_agree_in_their_first_digits() -> None:
    codes = np.array([85312310, 85312311, 85312999, 85319999, 85399999, 85999999, 48180000, 8531231], dtype=np.int32)
    assert agreement(codes, (85312310,)).tolist() == [1, 0.8, 0.8, 0.6, 0.4, 0.2, 0, 0]
    assert agreement(codes, (48000000, 85312310)).tolist() == [1, 0.8, 0.8, 0.6, 0.4, 0.2, 0.2, 0], "the closest counts"
    assert agreement(codes, ()).tolist() == [0] * len(codes)


def test_the_category_of_a_piece_is_that_of_its_closest_code() -> None:
    codes = Ragged.of([[], [48180000, 85312999], [], [85312310]], np.int32)
    assert category(codes, (85312310,)).tolist() == [0, 0.8, 0, 1]
    assert category(codes, ()).tolist() == [0] * 4


def test_capacity() -> None:
    turnovers = np.array([1e6, 1e5, 0.0, 0.5, 1e15, math.nan])
    assert capacity(turnovers, 1e6).tolist() == pytest.approx([0, -1, -6, -6, 9, math.nan], nan_ok=True)
    assert capacity(turnovers[:1], 1e-9).tolist() == [MAX_CAPACITY]
    assert np.isnan(capacity(turnovers, math.nan)).all()


def test_an_accreditation_is_held_until_its_last_day() -> None:
    schemes, expires = Ragged.of([["a", "b"], [], ["a"]], np.str_), Ragged.of([[5, 7], [], [4]], np.int32)
    assert holds(schemes, expires, "a", 4).tolist() == [True, False, True]
    assert holds(schemes, expires, "a", 5).tolist() == [True, False, False]
    assert holds(schemes, expires, "b", 8).tolist() == [False, False, False]
    assert holds(schemes, expires, "c", 0).tolist() == [False, False, False]


def test_the_highest_value_of_each_group() -> None:
    assert group_max(np.array([1.0, 3.0, 2.0, -1.0]), np.array([0, 3])).tolist() == [3, -1]


def candidates_for(register: list[Profile], need: Need) -> tuple[Candidates, NeedFacts]:
    changes = [(n, profile.id, profile) for n, profile in enumerate(register, start=1)]
    index = Index("words").updated(changes, ENCODER.encode, len(changes))
    query = query_for(need, CachedEncoder(ENCODER, MemoryVectors()), TODAY)
    return retrieve(index, index.live, query, depth=100), query.facts


def check_ranges(candidates: Candidates, facts: NeedFacts) -> None:
    pairs: Any = (
        (measure_pieces(candidates, facts), PIECE_SIGNALS),
        (measure_profiles(candidates, facts), PROFILE_SIGNALS),
    )
    for rows, signals in pairs:
        for column, signal in zip(rows.T, signals, strict=True):
            known = column[~np.isnan(column)]
            assert len(known) == len(column) or signal.name in ("capacity", "reading"), signal.name
            assert (known >= signal.low - ROUNDING).all(), signal.name
            assert (known <= signal.high + ROUNDING).all(), signal.name


@settings(max_examples=60)
@given(registers(min_size=1), needs())
def test_no_signal_is_out_of_its_range(register: list[Profile], need: Need) -> None:
    candidates, facts = candidates_for(register, need)
    assert len(candidates) == len(register)
    check_ranges(candidates, facts)


def test_extreme_records_are_in_range_too() -> None:
    work = {"title": "falls", "date": "0001-01-01", "value": 1e15}
    rich = parse(Profile, {"id": "p", "name": "falls", "turnover": 1e15, "track_record": [work]})
    poor = parse(Profile, {"id": "q", "name": "falls", "turnover": 0.0, "track_record": [{**work, "value": 0}]})
    for value in (5e-324, 1e15, 0.0):
        candidates, facts = candidates_for([rich, poor], Need(id="n", title="falls", value=value))
        check_ranges(candidates, facts)
        assert np.isnan(measure_profiles(candidates, facts)[:, CAPACITY]).all() == (value == 0)
    assert MAX_CAPACITY == 10


def test_without_candidates_there_are_no_signals() -> None:
    candidates, facts = candidates_for([], Need(id="n", title="falls"))
    assert measure_pieces(candidates, facts).shape == (0, len(PIECE_SIGNALS))
    assert measure_profiles(candidates, facts).shape == (0, len(PROFILE_SIGNALS))
