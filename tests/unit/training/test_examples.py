"""Training examples: a past need uses only what was known on the day it was published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.embedding import CachedEncoder
from matcher.foundations.errors import InvalidInput
from matcher.records import Need, Profile, Sector, parse
from matcher.scoring import FAMILIES, PIECE_SIGNALS, PROFILE_SIGNALS
from matcher.sources.awards import Award, Winner
from matcher.training.examples import Examples, examples_of, suppliers_of
from tests.support.fakes import MemoryVectors, WordEncoder

WORK = FAMILIES.index("work")
RECENCY = [signal.name for signal in PIECE_SIGNALS].index("recency")
FIRST = date(2020, 1, 1)


def encoder() -> CachedEncoder:
    return CachedEncoder(WordEncoder(), MemoryVectors())


def award(id: str, day: int, *winners: str, title: str = "falls clinic", **fields: object) -> Award:
    """Return an award published `day` days after `FIRST`."""
    published = (FIRST + timedelta(days=day)).isoformat()
    need = parse(Need, {"id": id, "title": title, "published": published, **fields})
    return Award(need, tuple(Winner(id=winner, name=f"Name {winner}", sector=Sector.SME) for winner in winners))


def examples_from(awards: Sequence[Award], of: Sequence[Award] | None = None) -> Examples:
    needs = [(award.need, frozenset(winner.id for winner in award.winners)) for award in of or awards]
    return examples_of(suppliers_of(awards), needs, encoder(), dated=True)


def check_layout(examples: Examples) -> None:
    """Check the shapes and group starts of `examples`."""
    candidates = len(examples.won)
    assert examples.pieces.shape == (len(examples.family), len(PIECE_SIGNALS))
    assert examples.profiles.shape == (candidates, len(PROFILE_SIGNALS))
    assert len(examples.need) == len(examples.piece_starts) == candidates
    assert examples.candidate.tolist() == sorted(examples.candidate.tolist())
    assert np.array_equal(np.searchsorted(examples.candidate, np.arange(candidates)), examples.piece_starts)
    assert np.array_equal(np.searchsorted(examples.need, np.arange(len(examples))), examples.starts)
    assert np.logical_or.reduceat(examples.won, examples.starts).all(), "every need has a winner"


def test_winners_become_profiles_with_their_awards_as_track_record() -> None:
    awards = [
        award("n1", 0, "b", "a", value=5_000, cpv=["85100000"], buyer={"name": "Calder Council"}, region="Leeds"),
        award("n2", 1, "a", title="meals", description="hot meals"),
    ]
    a, b = suppliers_of(awards)
    assert (a.id, a.name, a.sector, b.id) == ("a", "Name a", Sector.SME, "b")
    assert [piece.title for piece in a.track_record] == ["falls clinic", "meals"]
    [piece] = b.track_record
    assert (piece.buyer, piece.cpv, piece.region, piece.date, piece.value) == (
        "Calder Council", ("85100000",), "Leeds", FIRST, 5_000,
    )  # fmt: skip
    assert (a.track_record[0], a.track_record[1].description) == (piece, "hot meals")


def test_a_need_uses_only_work_from_earlier_days() -> None:
    awards = [award("n1", 0, "a"), award("n2", 5, "a"), award("n3", 5, "a", "b"), award("n4", 9, "a", "b")]
    examples = examples_from(awards)
    check_layout(examples)
    # n1 has no earlier work. On day 5, "a" has one piece of work and "b" none. On day 9 they have three and one.
    assert examples.need.tolist() == [0, 1, 2, 2]
    assert examples.won.tolist() == [True] * 4
    of_work = np.bincount(examples.candidate, examples.family == WORK)
    assert of_work.tolist() == [1, 1, 3, 1]
    assert np.bincount(examples.candidate).tolist() == [2, 2, 4, 2], "each also has its name"
    years = np.expm1(-examples.pieces[examples.family == WORK, RECENCY].astype(float)) * 365.25
    assert years.round(2).tolist() == [5, 5, 9, 4, 4, 4]


def test_suppliers_without_earlier_work_are_not_candidates() -> None:
    awards = [award("n1", 0, "a"), award("n2", 1, "b"), award("n3", 2, "c", "a"), award("n4", 3, "d")]
    examples = examples_from(awards)
    check_layout(examples)
    assert len(examples) == 1, "only n3 has a winner with earlier work"
    assert examples.won.tolist() == [True, False], "a and b, but not c (new) or d (later)"


def test_no_winner_with_earlier_work_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="longer history"):
        examples_from([award("n1", 0, "a"), award("n2", 1, "b")])


def test_profiles_in_a_register_are_candidates_without_earlier_work() -> None:
    register = [
        Profile(id="x", name="Falls clinic", summary="falls"),
        parse(Profile, {"id": "y", "name": "Meals", "track_record": [{"title": "meals"}]}),
        parse(Profile, {"id": "z", "name": "Later", "track_record": [{"title": "falls", "date": "2020-06-01"}]}),
    ]
    steps: list[int] = []
    needs = [(award("n", 9).need, frozenset({"x", "elsewhere"})), (award("m", 9).need, frozenset({"elsewhere"}))]
    examples = examples_of(register, needs, encoder(), dated=False, progress=steps.append)
    check_layout(examples)
    assert steps == [1, 1]
    assert examples.won.tolist() == [True, False, False]
    families = [
        sorted(FAMILIES[family] for family in examples.family[examples.candidate == candidate])
        for candidate in range(3)
    ]
    assert families == [["name", "offer"], ["name", "work"], ["name"]], "undated work counts, later work does not"


days = st.lists(st.tuples(st.integers(0, 6), st.sets(st.sampled_from("abc"), min_size=1)), min_size=2, max_size=8)


@settings(max_examples=40)
@given(days)
def test_each_need_uses_exactly_the_work_from_before_its_day(drawn: list[tuple[int, set[str]]]) -> None:
    """For each need, the candidates are exactly the suppliers with earlier work, and each has only that work."""
    awards = [award(f"n{i}", day, *sorted(winners)) for i, (day, winners) in enumerate(drawn)]
    for current in awards:
        assert current.need.published
        earlier = [award for award in awards if award.need.published and award.need.published < current.need.published]
        known = Counter(winner.id for award in earlier for winner in award.winners)
        expected = [known[id] for id in sorted(known)]
        if not any(winner.id in known for winner in current.winners):
            with pytest.raises(InvalidInput):
                examples_from(awards, [current])
            continue
        examples = examples_from(awards, [current])
        check_layout(examples)
        assert np.bincount(examples.candidate, examples.family == WORK).tolist() == expected
        assert examples.won.tolist() == [id in {winner.id for winner in current.winners} for id in sorted(known)]
        assert (examples.pieces[examples.family == WORK, RECENCY] < 0).all()
