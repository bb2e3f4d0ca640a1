from __future__ import annotations

import numpy as np
import pytest

from matcher.evaluation.baselines import baselines
from matcher.evaluation.fusion import ZScoreSum, z_scores
from matcher.evaluation.ranker import ProfileScorer, RankedProfiles
from matcher.evaluation.rivals.corpus import Corpus
from matcher.foundations.arrays import Floats
from matcher.foundations.errors import MatcherError
from matcher.records import Profile

from .samples import need, profile

_REGISTER = {"a": 0, "b": 1, "c": 2}


class _Fixed:
    def __init__(self, *values: float) -> None:
        self._values = np.array(values, dtype=np.float64)

    def scores(self, query: str) -> Floats:
        return self._values


def test_scores_are_placed_in_register_order() -> None:
    scores = RankedProfiles(("c", "a"), np.array([0.9, 0.1])).over(_REGISTER)
    np.testing.assert_array_equal(scores, [0.1, -np.inf, 0.9])
    np.testing.assert_array_equal(RankedProfiles((), np.empty(0)).over(_REGISTER), [-np.inf] * 3)


@pytest.mark.parametrize(("ids", "count"), [(("a", "a"), 2), (("a", "b"), 1), (("a", "z"), 2)])
def test_an_answer_that_does_not_fit_the_register_is_an_error(ids: tuple[str, ...], count: int) -> None:
    with pytest.raises(MatcherError):
        RankedProfiles(ids, np.ones(count)).over(_REGISTER)


def test_a_profile_scores_as_its_best_passage() -> None:
    corpus = Corpus.of([profile("a", "one", "two"), profile("b"), profile("c", "three", past=["four"])])
    assert corpus.texts == ("one", "two", "b", "three", "four")
    best = corpus.best_per_profile(corpus.over_passages(np.array([1, 0, 4]), np.array([0.7, 0.2, 0.4])))
    np.testing.assert_array_equal(best, [0.7, -np.inf, 0.4])
    assert Corpus.of([]).best_per_profile(np.empty(0)).shape == (0,)


def test_z_scores_have_mean_0_and_deviation_1_and_constants_are_0() -> None:
    np.testing.assert_allclose(z_scores(np.array([1.0, 3.0])), [-1, 1])
    np.testing.assert_array_equal(z_scores(np.array([0.1, 0.1, 0.1])), [0, 0, 0])
    total = ZScoreSum((_Fixed(1, 3), _Fixed(700, 100))).scores("any")
    np.testing.assert_allclose(total, [0, 0])


def test_baselines_build_each_scorer_once() -> None:
    built: list[str] = []

    def lexical(profiles: list[Profile] | object) -> ProfileScorer:
        built.append("lexical")
        return _Fixed(0, 1, 2)

    def dense(profiles: list[Profile] | object) -> ProfileScorer:
        built.append("dense")
        return _Fixed(2, 0, 1)

    register = [profile("a"), profile("b"), profile("c")]
    systems = baselines(lexical, dense)
    assert [system.name for system in systems] == ["bm25", "minilm", "bm25+minilm"]
    assert built == []
    answers = [system.build(register).rank(need("n")) for system in systems]
    assert sorted(built) == ["dense", "lexical"]
    assert [answer.ids for answer in answers] == [("a", "b", "c")] * 3
    np.testing.assert_allclose(answers[2].scores, z_scores(answers[0].scores) + z_scores(answers[1].scores))
