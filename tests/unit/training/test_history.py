"""Award history: the awards to use, and their order."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from matcher.foundations.errors import InvalidInput
from matcher.records import Need, parse
from matcher.sources.awards import Award, Winner
from matcher.training.history import MIN_AWARDS, digest_of, in_date_order, select_awards

FIRST = date(2020, 1, 1)


def award(id: str, day: int | None, *winners: str) -> Award:
    """Return an award published `day` days after `FIRST`, or undated."""
    published = None if day is None else (FIRST + timedelta(days=day)).isoformat()
    need = parse(Need, {"id": id, "title": "falls clinic", "published": published})
    return Award(need, tuple(Winner(id=winner, name=f"Name {winner}") for winner in winners))


def test_awards_are_selected_by_day_and_id() -> None:
    awards = [award("a", 0, "x"), award("b", 5, "x"), award("c", None, "x"), award("d", 1, "x")]
    selected = select_awards(awards, FIRST + timedelta(days=5), frozenset({"d"}))
    assert [award.need.id for award in selected] == ["a", "c"]
    assert [award.need.id for award in select_awards(awards, None, frozenset())] == ["a", "b", "c", "d"]


def test_dated_awards_are_ordered_by_day_then_id() -> None:
    awards = [award(f"n{n:03d}", n // 2, "x") for n in range(MIN_AWARDS)]
    assert in_date_order([award("undated", None, "x"), *reversed(awards)]) == awards
    with pytest.raises(InvalidInput, match=f"has {MIN_AWARDS - 1} dated awards"):
        in_date_order(awards[1:])


def test_the_digest_depends_on_needs_and_winners_but_not_on_the_order_of_winners() -> None:
    digest = digest_of([award("a", 0, "x", "y")])
    assert digest == digest_of([award("a", 0, "y", "x")])
    assert digest not in {digest_of([award("a", 0, "x")]), digest_of([award("b", 0, "x", "y")])}
