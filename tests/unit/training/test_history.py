"""Award history: the awards to use, the holdout, and the needs with a winner to learn from."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from matcher.foundations.errors import InvalidInput
from matcher.records import Need, Profile, parse
from matcher.sources.awards import Award, Winner
from matcher.training.history import (
    HOLDOUT_PERIOD,
    MIN_AWARDS,
    digest_of,
    holdout_start,
    in_date_order,
    select_awards,
    won_by_register,
    won_by_returning_suppliers,
)

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


def test_the_holdout_is_the_latest_days_but_at_most_half() -> None:
    period = HOLDOUT_PERIOD.days
    long = [award(f"n{day}", day, "x") for day in range(4 * period)]
    assert holdout_start(long) == 4 * period - 1 - period
    short = [award(f"n{day}", day, "x") for day in range(period)]
    assert holdout_start(short) == period // 2


def test_needs_with_a_returning_winner_have_all_their_winners() -> None:
    awards = [award("a", 0, "x"), award("b", 1, "x", "y"), award("c", 2, "z"), award("d", 3, "z")]
    needs = won_by_returning_suppliers(awards, 1)
    assert [(need.id, winners) for need, winners in needs] == [("b", frozenset({"x", "y"})), ("d", frozenset({"z"}))]


def test_needs_won_by_a_supplier_in_the_register_have_its_ids() -> None:
    register = [Profile(id="p", name="NAME X Limited"), Profile(id="q", name="Name x"), Profile(id="r", name="Other")]
    needs = won_by_register([award("a", 0, "x"), award("b", 0, "y")], register)
    assert [(need.id, ids) for need, ids in needs] == [("a", frozenset({"p", "q"}))]


def test_the_digest_depends_on_needs_and_winners_but_not_on_the_order_of_winners() -> None:
    digest = digest_of([award("a", 0, "x", "y")])
    assert digest == digest_of([award("a", 0, "y", "x")])
    assert digest not in {digest_of([award("a", 0, "x")]), digest_of([award("b", 0, "x", "y")])}
