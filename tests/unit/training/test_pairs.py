"""Text pairs: what is paired, and what is too far apart or too similar."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from matcher.foundations.arrays import Vectors
from matcher.records import Need, Profile, parse
from matcher.register.names import without_generic_words
from matcher.sources.awards import Award, Winner
from matcher.training.pairs import MAX_WINNERS, NEAREST, TextPair, pairs_of


def award(id: str, title: str, *winners: str, description: str = "") -> Award:
    need = Need(id=id, title=title, description=description)
    return Award(need, tuple(Winner(id=winner, name=f"Name {winner}") for winner in winners))


def at(*degrees: float) -> Vectors:
    """Return unit vectors at the given angles."""
    return np.array([[np.cos(np.radians(d)), np.sin(np.radians(d))] for d in degrees], dtype=np.float32)


def pairs(awards: Sequence[Award], vectors: Vectors, register: Sequence[Profile] = (), seed: int = 1) -> list[TextPair]:
    return pairs_of(awards, vectors, register, random.Random(seed))


def same_winner(found: Sequence[TextPair]) -> set[frozenset[str]]:
    return {frozenset({pair.left, pair.right}) for pair in found if pair.kind == "same_winner"}


def test_notices_of_one_winner_are_paired_if_close_but_not_the_same() -> None:
    awards = [award("1", "Falls", "a"), award("2", "Steps", "a"), award("3", "Meals", "a"), award("4", "Stairs", "b")]
    found = pairs(awards, at(0, 40, 120, 20))
    assert same_winner(found) == {frozenset({"Falls", "Steps"}), frozenset({"Steps", "Meals"})}, (
        "0° and 120° are too far apart"
    )
    assert same_winner(pairs(awards, at(0, 5, 95, 20))) == set(), "too close, or too far apart"
    assert all(pair.owners == {"a"} for pair in found if pair.kind == "same_winner")


def test_each_notice_is_paired_once_with_its_nearest_only() -> None:
    awards = [award(str(n), f"Notice {n}", "a", "b") for n in range(10)]
    found = same_winner(pairs(awards, at(*range(0, 120, 12))))
    assert len(found) <= 10 * NEAREST
    assert frozenset({"Notice 0", "Notice 1"}) in found
    assert frozenset({"Notice 0", "Notice 9"}) not in found


@pytest.mark.parametrize(("winners", "paired"), [(MAX_WINNERS, True), (MAX_WINNERS + 1, False)])
def test_notices_with_many_winners_are_not_paired(winners: int, paired: bool) -> None:
    ids = [f"w{n}" for n in range(winners)]
    found = pairs([award("1", "Falls", *ids), award("2", "Steps", *ids)], at(0, 40))
    assert bool(same_winner(found)) == paired
    assert not [pair for pair in found if pair.kind == "name"], "nor with names"


def test_a_notice_is_paired_with_its_title_if_its_text_is_long_enough() -> None:
    text = "Strength and balance classes for older people in village halls"
    awards = [award("1", "Falls", "a", "b", description=f"{text}. https://example.org"), award("2", "Steps", "a")]
    own = [pair for pair in pairs(awards, at(0, 90)) if pair.kind == "title_and_text"]
    assert own == [TextPair("title_and_text", "Falls", text, frozenset({"a", "b"}))]


def test_names_and_register_texts_are_paired_with_awards_won() -> None:
    objects = "The relief of hunger among the old"
    register = [
        parse(
            Profile,
            {
                "id": "r1", "name": "NAME A Limited", "summary": "Hot meals for people at home every day",
                "capabilities": [{"title": "Charitable objects", "description": objects}],
            },
        ),
        Profile(id="r2", name="Name B", summary="short"),
    ]  # fmt: skip
    found = pairs([award("1", "Falls", "a"), award("2", "Meals", "b")], at(0, 90), register)
    by_kind = {kind: [pair for pair in found if pair.kind == kind] for kind in ("name", "register", "two_texts")}
    assert [(pair.left, pair.right) for pair in by_kind["name"]] == [("Name a", "Falls"), ("Name b", "Meals")]
    meals = "Hot meals for people at home every day"
    assert [(pair.left, pair.right) for pair in by_kind["register"]] == [(meals, "Falls"), ("Falls", meals)]
    assert by_kind["two_texts"] == [TextPair("two_texts", meals, objects, frozenset({"r1"}))]


def test_the_same_seed_gives_the_same_pairs() -> None:
    awards = [award(str(n), f"Notice {n}", "a", description="x" * 50) for n in range(12)]
    vectors = at(*range(0, 120, 10))
    assert pairs(awards, vectors) == pairs(awards, vectors)
    assert pairs(awards, vectors) != pairs(awards, vectors, seed=2)
    assert all(pair.left and pair.right and pair.left != pair.right for pair in pairs(awards, vectors))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Falls Clinic Ltd", "FALLS CLINIC LIMITED", True),
        ("The Falls & Steps Trust", "Falls and Steps", True),
        ("St. Ann's", "St Ann s", True),
        ("Falls Clinic", "Falls Clinics", False),
        ("The Trust Company", "Services Group UK", False),
        ("日本", "中国", False),
    ],
)
def test_names_are_compared_without_legal_forms_unless_that_is_all_they_are(one: str, other: str, same: bool) -> None:
    assert (without_generic_words(one) == without_generic_words(other)) == same
    assert without_generic_words(one)
