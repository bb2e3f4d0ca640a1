"""Suitability: only judged profiles count, ties are averaged, and needs without a suitable profile leave a gap."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.evaluation import evaluate
from matcher.evaluation.judgements import Judgements
from matcher.evaluation.measures.suitability import SUITABILITY, SuitabilityFigures, suitability
from matcher.evaluation.ranker import RankedProfiles, System
from matcher.records import Need, Profile


def _measure(scores: list[float], grades: list[int]) -> dict[str, float]:
    return dict(zip(SUITABILITY, suitability(np.array(scores), np.array(grades)).tolist(), strict=True))


def test_the_first_five_places_are_counted() -> None:
    figures = _measure([7, 6, 5, 4, 3, 2, 1], [3, 0, 2, 1, 0, 2, 0])
    assert figures["suitable@5"] == pytest.approx(2 / 3)
    assert figures["misfits@5"] == pytest.approx(2 / 5)


def test_more_suitable_profiles_than_places_can_still_be_perfect() -> None:
    assert _measure([8, 7, 6, 5, 4, 3, 2], [2, 3, 2, 2, 2, 2, 0])["suitable@5"] == 1


def test_a_need_with_few_judgements_is_measured_on_those() -> None:
    assert _measure([2, 1], [0, 2]) == {"ndcg@10": pytest.approx(0.6309, abs=1e-4), "suitable@5": 1, "misfits@5": 0.5}


def test_without_a_suitable_profile_there_is_no_share_to_find() -> None:
    figures = _measure([2, 1], [1, 0])
    assert np.isnan(figures["suitable@5"])
    summary = SuitabilityFigures.of([np.array(list(figures.values()))])
    assert "suitable@5" not in summary.means
    assert summary.means["misfits@5"] == 0.5
    both = SuitabilityFigures.of([np.array([1.0, np.nan, 0.2]), np.array([0.5, 1.0, 0.4])])
    assert both.means == pytest.approx({"ndcg@10": 0.75, "suitable@5": 1.0, "misfits@5": 0.3})


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=6))
def test_ties_count_as_the_mean_over_their_orders(profiles: list[tuple[int, int]]) -> None:
    scores, grades = np.array(profiles, dtype=float).T
    if not (grades > 0).any():
        return
    orders = [
        order for order in itertools.permutations(range(len(scores))) if not (np.diff(scores[list(order)]) > 0).any()
    ]
    first = [grades[list(order)][:5] for order in orders]
    expected = np.mean([(places == 0).sum() for places in first]) / min(5, len(scores))
    assert suitability(scores, grades.astype(np.int64))[2] == pytest.approx(expected)


def test_the_report_has_it_only_if_somebody_was_judged_a_misfit() -> None:
    profiles = [Profile(id=id, name=id) for id in ("a", "b", "unread")]
    needs = [Need(id="n", title="falls")]

    class Fixed:
        def rank(self, _: Need) -> RankedProfiles:
            return RankedProfiles(("unread", "b", "a"), np.array([3.0, 2.0, 1.0]))

    def report(misfit: int) -> dict[str, object]:
        system = System("fixed", lambda _: Fixed())
        judgements = Judgements({"n": {"a": 3, "b": misfit}})
        return evaluate(system, profiles, needs, judgements, compared=[system]).to_json()

    assert "suitability" not in report(1)
    judged = report(0)
    assert judged["suitability"] == {
        "needs": 1,
        "ndcg@10": pytest.approx(0.6309, abs=1e-4),
        "suitable@5": 1.0,
        "misfits@5": 0.5,
        "intervals": {
            "ndcg@10": [pytest.approx(0.6309, abs=1e-4)] * 2, "suitable@5": [1.0, 1.0], "misfits@5": [0.5, 0.5]
        },
    }  # fmt: skip
    compared = judged["compared"]
    assert isinstance(compared, dict)
    assert compared["fixed"]["suitability"] == judged["suitability"]
