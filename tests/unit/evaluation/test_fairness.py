from __future__ import annotations

import numpy as np
import pytest

from matcher.evaluation.measures.fairness import LARGE, NEITHER, SMALL, WinnerRanks, size_group
from matcher.records import Profile, Sector

from .samples import profile

SMALL_ONE = profile("small-one", past=["work"], sector=Sector.SME)
SMALL_TWO = profile("small-two", past=["work"] * 2, sector=Sector.CHARITY)
LARGE_ONE = profile("large-one", past=["work"], sector=Sector.LARGE)
LARGE_TWO = profile("large-two", past=["work"] * 2, sector=Sector.LARGE)
LARGE_TEN = profile("large-ten", past=["work"] * 10, sector=Sector.LARGE)
OTHER = profile("other", past=["work"])
REGISTER = [SMALL_ONE, SMALL_TWO, LARGE_ONE, LARGE_TWO, LARGE_TEN, OTHER]


def collected(*answers: tuple[Profile, int]) -> WinnerRanks:
    """Return ranks of needs, each won by one profile that stands at a place from 1 on."""
    ranks = WinnerRanks.of(REGISTER)
    for winner, place in answers:
        grades = np.array([int(one is winner) for one in REGISTER])
        scores = -np.arange(len(REGISTER), dtype=np.float64)
        order = [row for row in range(len(REGISTER)) if not grades[row]]
        order.insert(place - 1, int(np.argmax(grades)))
        placed = np.empty(len(REGISTER))
        placed[order] = scores
        ranks.add(placed, grades)
    return ranks


@pytest.mark.parametrize(
    ("one", "group"),
    [
        (SMALL_ONE, SMALL),
        (SMALL_TWO, SMALL),
        (profile("p", sector=Sector.CIC), SMALL),
        (LARGE_ONE, LARGE),
        (OTHER, NEITHER),
        (profile("p", sector=Sector.PUBLIC), NEITHER),
        (Profile(id="p", name="p", employees=3, turnover=1e5), SMALL),
        (Profile(id="p", name="p", employees=300), LARGE),
    ],
)
def test_small_are_smes_and_not_for_profits(one: Profile, group: int) -> None:
    assert size_group(one) == group


def test_winners_are_compared_at_equal_evidence() -> None:
    """Large winners with much evidence stand first; of those with as little as the small ones, not one does."""
    found = collected(
        (SMALL_ONE, 2), (SMALL_ONE, 4), (SMALL_TWO, 1), (LARGE_ONE, 5), (LARGE_TWO, 2), (LARGE_TEN, 1), (LARGE_TEN, 1)
    ).to_json()
    assert found is not None
    assert found["small"] == {"winners": 3, "mean_rank": pytest.approx(7 / 3), "mrr": pytest.approx(1.75 / 3)}
    # The group of one piece counts twice, as two small winners have one.
    assert found["large_at_equal_evidence"] == {
        "winners": 2, "mean_rank": pytest.approx((2 * 5 + 2) / 3), "mrr": pytest.approx((2 / 5 + 1 / 2) / 3),
    }  # fmt: skip
    gap = found["difference"]["mean_rank"]
    assert gap["value"] == pytest.approx(7 / 3 - 4)
    assert gap["interval"][0] <= gap["value"] <= gap["interval"][1]
    assert found["left_out"] == 2


def test_the_interval_is_of_the_needs_drawn() -> None:
    same = collected(*[(SMALL_ONE, 2), (LARGE_ONE, 3)] * 20).to_json()
    assert same is not None
    assert same["difference"]["mean_rank"]["interval"] == [-1, -1]
    varied = collected(*[(SMALL_ONE, 1), (SMALL_ONE, 6), (LARGE_ONE, 3)] * 20).to_json()
    assert varied is not None
    low, high = varied["difference"]["mean_rank"]["interval"]
    assert low < 0 < high


def test_other_winners_of_the_need_are_no_rivals_and_ties_count_at_their_mean() -> None:
    ranks = WinnerRanks.of(REGISTER)
    ranks.add(np.array([5.0, 9.0, 9.0, 5.0, 5.0, 1.0]), np.array([1, 1, 1, 0, 0, 0]))
    found = ranks.to_json()
    assert found is not None
    assert (found["small"]["mean_rank"], found["large_at_equal_evidence"]["mean_rank"]) == (2.0, 1.0)


@pytest.mark.parametrize("answers", [(), ((OTHER, 1),), ((SMALL_ONE, 1), (LARGE_TEN, 1))])
def test_where_nothing_can_be_compared_nothing_is_said(answers: tuple[tuple[Profile, int], ...]) -> None:
    assert collected(*answers).to_json() is None
