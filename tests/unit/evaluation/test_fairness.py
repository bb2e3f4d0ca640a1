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


def winner_ranks(*answers: tuple[Profile, int]) -> WinnerRanks:
    """Return the ranks for needs won by one profile each. `answers` gives the winner and its rank, counting from 1."""
    ranks = WinnerRanks.of(REGISTER)
    for winner, rank in answers:
        grades = np.array([int(profile is winner) for profile in REGISTER])
        scores = -np.arange(len(REGISTER), dtype=np.float64)
        order = [row for row in range(len(REGISTER)) if not grades[row]]
        order.insert(rank - 1, int(np.argmax(grades)))
        by_profile = np.empty(len(REGISTER))
        by_profile[order] = scores
        ranks.add(by_profile, grades)
    return ranks


@pytest.mark.parametrize(
    ("supplier", "group"),
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
def test_smes_and_not_for_profits_are_small(supplier: Profile, group: int) -> None:
    assert size_group(supplier) == group


def test_winners_are_compared_at_equal_evidence() -> None:
    """Large winners with a lot of evidence rank first. Large winners with as little evidence as small ones do not."""
    figures = winner_ranks(
        (SMALL_ONE, 2), (SMALL_ONE, 4), (SMALL_TWO, 1), (LARGE_ONE, 5), (LARGE_TWO, 2), (LARGE_TEN, 1), (LARGE_TEN, 1)
    ).to_json()
    assert figures is not None
    assert figures["small"] == {"winners": 3, "mean_rank": pytest.approx(7 / 3), "mrr": pytest.approx(1.75 / 3)}
    # The group with one piece of work has double weight, because it contains two small winners.
    assert figures["large_at_equal_evidence"] == {
        "winners": 2, "mean_rank": pytest.approx((2 * 5 + 2) / 3), "mrr": pytest.approx((2 / 5 + 1 / 2) / 3),
    }  # fmt: skip
    gap = figures["difference"]["mean_rank"]
    assert gap["value"] == pytest.approx(7 / 3 - 4)
    assert gap["interval"][0] <= gap["value"] <= gap["interval"][1]
    assert figures["left_out"] == 2


def test_the_interval_reflects_how_needs_vary() -> None:
    same = winner_ranks(*[(SMALL_ONE, 2), (LARGE_ONE, 3)] * 20).to_json()
    assert same is not None
    assert same["difference"]["mean_rank"]["interval"] == [-1, -1]
    varied = winner_ranks(*[(SMALL_ONE, 1), (SMALL_ONE, 6), (LARGE_ONE, 3)] * 20).to_json()
    assert varied is not None
    low, high = varied["difference"]["mean_rank"]["interval"]
    assert low < 0 < high


def test_other_winners_are_not_ranked_against_and_ties_count_at_their_mean_rank() -> None:
    ranks = WinnerRanks.of(REGISTER)
    ranks.add(np.array([5.0, 9.0, 9.0, 5.0, 5.0, 1.0]), np.array([1, 1, 1, 0, 0, 0]))
    figures = ranks.to_json()
    assert figures is not None
    assert (figures["small"]["mean_rank"], figures["large_at_equal_evidence"]["mean_rank"]) == (2.0, 1.0)


@pytest.mark.parametrize("answers", [(), ((OTHER, 1),), ((SMALL_ONE, 1), (LARGE_TEN, 1))])
def test_no_figures_if_no_evidence_group_has_both_sizes(answers: tuple[tuple[Profile, int], ...]) -> None:
    assert winner_ranks(*answers).to_json() is None
