"""Metrics: answers worked out by hand, other packages as oracles, and properties that always hold."""

from __future__ import annotations

from itertools import pairwise, permutations
from math import log2

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from matcher.evaluation.measures.metrics import METRICS, TiedRanking, hit, measure, ndcg, recall, reciprocal_rank
from matcher.foundations.arrays import Floats

Case = tuple[list[float], list[int]]


def _ranking(scores: list[float], grades: list[int]) -> TiedRanking:
    return TiedRanking.of(np.array(scores, dtype=np.float64), np.array(grades, dtype=np.int64))


def _measure(scores: list[float], grades: list[int]) -> Floats:
    return measure(np.array(scores, dtype=np.float64), np.array(grades, dtype=np.int64))


def test_first_relevant_profile_third_without_ties() -> None:
    ranking = _ranking([5, 4, 3, 2, 1], [0, 0, 1, 0, 1])
    assert reciprocal_rank(ranking) == pytest.approx(1 / 3)
    assert [hit(ranking, k) for k in (1, 2, 3, 10)] == [0, 0, 1, 1]
    assert [recall(ranking, k) for k in (2, 3, 4, 5, 100)] == [0, 0.5, 0.5, 1, 1]
    # DCG = 1/log2(4) + 1/log2(6); ideal DCG = 1/log2(2) + 1/log2(3)
    assert ndcg(ranking, 10) == pytest.approx((1 / 2 + 1 / log2(6)) / (1 + 1 / log2(3)))
    assert ndcg(ranking, 4) == pytest.approx((1 / 2) / (1 + 1 / log2(3)))


def test_gain_is_two_to_the_grade_minus_one() -> None:
    ranking = _ranking([3, 2, 1], [1, 0, 2])
    # DCG = 1/log2(2) + 3/log2(4) = 2.5; ideal DCG = 3/log2(2) + 1/log2(3)
    assert ndcg(ranking, 10) == pytest.approx(2.5 / (3 + 1 / log2(3)))
    assert recall(ranking, 1) == 0.5


def test_one_relevant_among_four_tied_after_one_other() -> None:
    ranking = _ranking([9, 1, 1, 1, 1], [0, 0, 1, 0, 0])
    assert reciprocal_rank(ranking) == pytest.approx(1 / 3.5)  # ranks 2 to 5, mean 3.5
    assert [hit(ranking, k) for k in (1, 2, 3, 5)] == pytest.approx([0, 1 / 4, 2 / 4, 1])
    assert recall(ranking, 3) == pytest.approx(2 / 4)
    discounts = 1 / log2(3) + 1 / log2(4) + 1 / log2(5) + 1 / log2(6)
    assert ndcg(ranking, 10) == pytest.approx(discounts / 4)


def test_two_relevant_among_four_tied() -> None:
    ranking = _ranking([1, 1, 1, 1], [1, 0, 1, 0])
    # The first of the two relevant profiles has rank 1 in three of the six orders, rank 2 in two, and rank 3 in one.
    # The mean is 10/6 = (4+1)/(2+1).
    assert reciprocal_rank(ranking) == pytest.approx(6 / 10)
    assert hit(ranking, 1) == pytest.approx(1 / 2)
    assert hit(ranking, 2) == pytest.approx(1 - 1 / 6)  # only one of the six pairs has no relevant profile
    assert hit(ranking, 3) == 1


def test_profiles_not_retrieved_are_tied_last() -> None:
    ranking = _ranking([7, -np.inf, -np.inf, -np.inf], [0, 0, 1, 0])
    assert reciprocal_rank(ranking) == pytest.approx(1 / 3)  # ranks 2, 3, 4
    assert hit(ranking, 1) == 0
    assert recall(ranking, 100) == 1


def test_equal_scores_count_as_a_random_order() -> None:
    grades = [0] * 400
    grades[17] = 1
    row = dict(zip(METRICS, _measure([0.0] * 400, grades), strict=True))
    assert row["hit@10"] == pytest.approx(10 / 400)
    assert row["recall@100"] == pytest.approx(100 / 400)
    assert row["mrr"] == pytest.approx(1 / 200.5)


@pytest.mark.parametrize(
    ("scores", "grades", "problem"),
    [
        ([1.0, 2.0], [1], "one value per profile"),
        ([np.nan, 1.0], [1, 0], "not a number"),
        ([1.0, 2.0], [0, 0], "no profile is relevant"),
    ],
)
def test_invalid_answers_are_an_error(scores: list[float], grades: list[int], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        _ranking(scores, grades)


@st.composite
def _cases(draw: st.DrawFn, *, max_size: int = 30, levels: int = 4) -> Case:
    size = draw(st.integers(1, max_size))
    score = st.sampled_from([float(level) for level in range(levels)] + [-np.inf])
    scores = draw(st.lists(score, min_size=size, max_size=size))
    grades = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size).filter(any))
    return scores, grades


@given(_cases(), st.randoms())
def test_the_order_of_the_register_does_not_matter(case: Case, random: object) -> None:
    scores, grades = case
    order = list(range(len(scores)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = _measure([scores[i] for i in order], [grades[i] for i in order])
    np.testing.assert_allclose(shuffled, _measure(scores, grades), atol=1e-12)


@given(_cases())
def test_metrics_are_between_0_and_1_and_hits_grow_with_depth(case: Case) -> None:
    row = _measure(*case)
    assert ((row >= 0) & (row <= 1 + 1e-12)).all()
    at_1, at_5, at_10 = row[1:4]
    assert at_1 <= at_5 + 1e-12
    assert at_5 <= at_10 + 1e-12


@given(_cases(), st.data())
def test_raising_a_relevant_profile_never_lowers_a_binary_metric(case: Case, data: st.DataObject) -> None:
    scores, grades = case
    raised = data.draw(st.sampled_from([i for i, grade in enumerate(grades) if grade > 0]))
    before = _measure(scores, grades)
    higher = [*scores]
    higher[raised] = data.draw(st.floats(max(scores[raised], -1.0), 10))
    after = _measure(higher, grades)
    binary = [METRICS.index(name) for name in METRICS if name != "ndcg@10"]
    assert (after[binary] >= before[binary] - 1e-12).all()


@given(_cases(), st.data())
def test_raising_a_profile_of_the_best_grade_never_lowers_ndcg(case: Case, data: st.DataObject) -> None:
    scores, grades = case
    raised = data.draw(st.sampled_from([i for i, grade in enumerate(grades) if grade == max(grades)]))
    higher = [*scores]
    higher[raised] = data.draw(st.floats(max(scores[raised], -1.0), 10))
    column = METRICS.index("ndcg@10")
    assert _measure(higher, grades)[column] >= _measure(scores, grades)[column] - 1e-12


@given(_cases(max_size=6, levels=2))
def test_metrics_are_averaged_over_all_orders_of_ties(case: Case) -> None:
    scores, grades = case
    places = range(len(scores))
    orders = [order for order in permutations(places) if all(scores[a] >= scores[b] for a, b in pairwise(order))]
    # Turn each order into scores without ties, so that the plain definitions apply.
    untied = [[float(-order.index(place)) for place in places] for order in orders]
    mean = np.mean([_measure(order, grades) for order in untied], axis=0)
    values = _measure(scores, grades)
    np.testing.assert_allclose(values[1:], mean[1:], atol=1e-12)
    first_ranks = [1 + next(rank for rank, place in enumerate(order) if grades[place] > 0) for order in orders]
    assert values[0] == pytest.approx(1 / np.mean(first_ranks))


@given(st.permutations(range(30)), st.lists(st.integers(0, 3), min_size=30, max_size=30).filter(any))
def test_metrics_without_ties_agree_with_ir_measures(order: list[int], grades: list[int]) -> None:
    scores = [float(score) for score in order]
    ids = [f"p{n}" for n in range(30)]
    k = [ir_measures.parse_measure(name) for name in ("RR", "Success@1", "Success@5", "Success@10", "R@100")]
    qrels = {"n": dict(zip(ids, grades, strict=True))}
    ranked = {"n": dict(zip(ids, scores, strict=True))}
    # In ir_measures, nDCG takes the grade itself as the gain, so pass the gains as grades.
    gains = {"n": {id: 2**grade - 1 for id, grade in qrels["n"].items()}}
    ndcg_at_10 = ir_measures.parse_measure("nDCG@10")
    expected = ir_measures.calc_aggregate(k, qrels, ranked)
    expected |= ir_measures.calc_aggregate([ndcg_at_10], gains, ranked)
    in_order = [*k[:4], ndcg_at_10, k[4]]
    np.testing.assert_allclose(_measure(scores, grades), [expected[m] for m in in_order], atol=1e-12)


@given(_cases().filter(lambda case: len(case[0]) > 1), st.integers(1, 12))
def test_ndcg_with_ties_agrees_with_scikit_learn(case: Case, k: int) -> None:
    scores, grades = case
    finite = np.where(np.isneginf(scores), -1.0, scores)
    gains = np.exp2(grades) - 1
    assert ndcg(_ranking(scores, grades), k) == pytest.approx(ndcg_score([gains], [finite], k=k), abs=1e-12)
