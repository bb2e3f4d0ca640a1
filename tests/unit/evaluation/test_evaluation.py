from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import pytest

from matcher.evaluation import Judgements, Report, evaluate
from matcher.evaluation.evaluation_set import EvaluationSet
from matcher.evaluation.measures.metrics import METRICS
from matcher.foundations.errors import InvalidInput, MatcherError
from matcher.records import Need, Sector

from .samples import need, profile, told

_PROFILES = [profile("a", sector=Sector.SME), profile("b", sector=Sector.LARGE, past=["x"]), profile("c")]
_NEEDS = [need("n1"), need("n2"), need("unseen"), need("unjudged")]
_JUDGEMENTS = Judgements(
    {
        "n1": {"a": 1, "gone": 1},
        "n2": {"b": 2, "c": 1, "a": 0},
        "unseen": {"gone": 1, "a": 0},
        "elsewhere": {"a": 1, "b": 1},
    }
)
_PRODUCT = told("product", {"n1": {"a": 3, "b": 2}, "n2": {"a": 3, "b": 2, "c": 1}})
_RIVAL = told("rival", {"n1": {"a": 1, "b": 2}, "n2": {"a": 3, "b": 2, "c": 1}})
_WORDS = told("words", {"n1": {"b": 1}, "n2": {"b": 1}})


def _report() -> Report:
    return evaluate(_PRODUCT, _PROFILES, _NEEDS, _JUDGEMENTS, baselines=[_WORDS], compared=[_RIVAL, _PRODUCT])


def test_figures_are_means_over_the_needs_that_can_be_judged() -> None:
    figures = _report().figures
    assert figures.queries == 2
    assert figures.means["mrr"] == pytest.approx((1 + 1 / 2) / 2)
    assert figures.means["hit@1"] == pytest.approx(1 / 2)
    assert figures.means["recall@100"] == 1
    low, high = figures.intervals["hit@1"]
    assert (low, high) == (0, 1)


def test_what_is_left_out_is_counted_and_said() -> None:
    ignored = _report().ignored
    assert vars(ignored) == {
        "needs_without_judgement": 1,
        "needs_without_relevant_profile": 1,
        "judgements_of_unknown_needs": 2,
        "judgements_of_unknown_profiles": 2,
    }
    assert len(ignored.lines()) == 4
    assert "never seen before" in ignored.lines()[1]


def test_slices_judge_the_winners_of_each_kind() -> None:
    slices = _report().slices
    assert set(slices["winner_sector"]) == {"sme", "large", "unknown"}
    # For n2 by its unknown winner c, the large winner b is taken out: c is second, after a.
    assert slices["winner_sector"]["unknown"].means["mrr"] == pytest.approx(1 / 2)
    assert slices["track_record"]["none"].queries == 2
    assert slices["track_record"]["one"].queries == 1
    assert "health_buyer" not in slices


def test_health_flags_make_a_slice() -> None:
    report = evaluate(_PRODUCT, _PROFILES, _NEEDS, _JUDGEMENTS, health={"n1": True, "n2": False})
    assert {kind: figures.queries for kind, figures in report.slices["health_buyer"].items()} == {"yes": 1, "no": 1}


def test_a_comparison_gives_the_ratio_to_the_other() -> None:
    compared = _report().compared
    assert list(compared) == ["rival", "product"]
    assert compared["rival"].ratios["mrr"].value == pytest.approx(0.75 / 0.5)
    assert compared["rival"].ratios["hit@1"].value is None
    assert compared["product"].ratios["mrr"].value == 1
    assert compared["rival"].seconds_per_need >= 0


def test_json_has_the_agreed_keys_in_their_order() -> None:
    found = json.loads(json.dumps(_report().to_json(), allow_nan=False))
    assert list(found) == ["queries", *METRICS, "intervals", "slices", "baselines", "compared", "ignored"]
    assert list(METRICS) == ["mrr", "hit@1", "hit@5", "hit@10", "ndcg@10", "recall@100"]
    assert found["intervals"]["mrr"] == [0.5, 1.0]
    assert set(found["baselines"]["words"]) >= {"queries", "mrr", "intervals", "ratios", "seconds_per_need"}
    plain = evaluate(_PRODUCT, _PROFILES, _NEEDS, _JUDGEMENTS).to_json()
    assert list(plain)[-2:] == ["slices", "ignored"]


def test_progress_wraps_the_needs_of_every_run() -> None:
    seen: list[tuple[str, int]] = []

    def progress(needs: Sequence[Need], name: str) -> Iterable[Need]:
        seen.append((name, len(needs)))
        return needs

    evaluate(_PRODUCT, _PROFILES, _NEEDS, _JUDGEMENTS, compared=[_RIVAL], progress=progress)
    assert seen == [("product", 2), ("rival", 2)]


def test_a_trial_without_a_need_to_judge_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no need has a profile"):
        EvaluationSet.of(_PROFILES, _NEEDS, Judgements({"n1": {"gone": 1}, "n2": {"a": 0}}))


def test_ids_given_twice_are_refused() -> None:
    with pytest.raises(InvalidInput, match="profile a is given twice"):
        EvaluationSet.of([*_PROFILES, profile("a")], _NEEDS, _JUDGEMENTS)
    with pytest.raises(InvalidInput, match="need n1 is given twice"):
        EvaluationSet.of(_PROFILES, [*_NEEDS, need("n1")], _JUDGEMENTS)


def test_no_two_to_compare_with_have_one_name() -> None:
    with pytest.raises(MatcherError, match="rival is the name of two"):
        evaluate(_PRODUCT, _PROFILES, _NEEDS, _JUDGEMENTS, baselines=[_RIVAL], compared=[_WORDS, _RIVAL])
