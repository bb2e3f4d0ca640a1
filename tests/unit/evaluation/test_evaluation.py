from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import pytest

from matcher.evaluation import Judgements, Report, evaluate
from matcher.evaluation.evaluation_set import EvaluationSet
from matcher.evaluation.measures.metrics import METRICS
from matcher.foundations.errors import InvalidInput, MatcherError
from matcher.records import Need, Sector

from .samples import fixed_system, need, profile

_PROFILES = [profile("a", sector=Sector.SME), profile("b", sector=Sector.LARGE, past=["x"]), profile("c")]
_NEEDS = [need("n1"), need("n2"), need("unseen"), need("unjudged")]
_JUDGEMENTS = Judgements(
    {
        "n1": {"a": 1, "missing": 1},
        "n2": {"b": 2, "c": 1, "a": 0},
        "unseen": {"missing": 1, "a": 0},
        "elsewhere": {"a": 1, "b": 1},
    }
)
_PRODUCT = fixed_system("product", {"n1": {"a": 3, "b": 2}, "n2": {"a": 3, "b": 2, "c": 1}})
_RIVAL = fixed_system("rival", {"n1": {"a": 1, "b": 2}, "n2": {"a": 3, "b": 2, "c": 1}})
_WORDS = fixed_system("words", {"n1": {"b": 1}, "n2": {"b": 1}})


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


def test_ignored_needs_and_judgements_are_counted_and_reported() -> None:
    ignored = _report().ignored
    assert vars(ignored) == {
        "needs_without_judgement": 1,
        "needs_without_relevant_profile": 1,
        "judgements_of_unknown_needs": 2,
        "judgements_of_unknown_profiles": 2,
    }
    assert len(ignored.lines()) == 4
    assert "no relevant profile is in the register" in ignored.lines()[1]


def test_promises_cover_needs_that_nobody_was_judged_to_meet() -> None:
    """Nobody was judged to meet the need "unmet". The product has no strong match for it, and one for the need n2."""
    product = fixed_system(
        "product", {"n1": {"a": 3}, "n2": {"a": 3, "b": 2}, "unmet": {"a": 1}}, probability=lambda score: score / 4
    )
    judgements = Judgements({"n1": {"b": 1}, "n2": {"a": 2, "b": 0}, "unmet": {"b": 0, "a": 0}})
    report = evaluate(product, _PROFILES, [*_NEEDS, need("unmet")], judgements)
    assert report.figures.queries == 2
    assert report.promises is not None
    assert report.promises["pairs"] == 5
    assert report.promises["needs_with_suitable"] == {"needs": 1, "no_strong_match": 0}
    assert report.promises["needs_without_suitable"] == {"needs": 2, "no_strong_match": 1}
    assert _report().promises is None, "without probabilities, nothing is promised"


def test_slices_measure_each_kind_of_winner() -> None:
    slices = _report().slices
    assert set(slices["winner_sector"]) == {"sme", "large", "unknown"}
    # The winner c of n2 has an unknown sector. Without the other winner b, which is large, c is second, after a.
    assert slices["winner_sector"]["unknown"].means["mrr"] == pytest.approx(1 / 2)
    assert slices["track_record"]["none"].queries == 2
    assert slices["track_record"]["one"].queries == 1
    assert "health_buyer" not in slices


def test_health_flags_add_a_slicing() -> None:
    report = evaluate(_PRODUCT, _PROFILES, _NEEDS, _JUDGEMENTS, health={"n1": True, "n2": False})
    assert {kind: figures.queries for kind, figures in report.slices["health_buyer"].items()} == {"yes": 1, "no": 1}


def test_a_comparison_has_the_ratio_to_the_other_system() -> None:
    compared = _report().compared
    assert list(compared) == ["rival", "product"]
    assert compared["rival"].ratios["mrr"].value == pytest.approx(0.75 / 0.5)
    assert compared["rival"].ratios["hit@1"].value is None
    assert compared["product"].ratios["mrr"].value == 1
    assert compared["rival"].seconds_per_need >= 0


def test_json_keys_and_their_order() -> None:
    document = json.loads(json.dumps(_report().to_json(), allow_nan=False))
    assert list(document) == [
        "queries",
        *METRICS,
        "intervals",
        "suitability",
        "slices",
        "baselines",
        "compared",
        "ignored",
    ]
    assert list(METRICS) == ["mrr", "hit@1", "hit@5", "hit@10", "ndcg@10", "recall@100"]
    assert document["intervals"]["mrr"] == [0.5, 1.0]
    assert set(document["baselines"]["words"]) >= {"queries", "mrr", "intervals", "ratios", "seconds_per_need"}
    plain = evaluate(_PRODUCT, _PROFILES, _NEEDS, _JUDGEMENTS).to_json()
    assert list(plain)[-2:] == ["slices", "ignored"]


def test_progress_wraps_the_needs_of_each_run() -> None:
    seen: list[tuple[str, int]] = []

    def progress(needs: Sequence[Need], name: str) -> Iterable[Need]:
        seen.append((name, len(needs)))
        return needs

    evaluate(_PRODUCT, _PROFILES, _NEEDS, _JUDGEMENTS, compared=[_RIVAL], progress=progress)
    assert seen == [("product", 2), ("rival", 2)]


def test_an_evaluation_set_without_relevant_profiles_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="no need has a relevant profile"):
        EvaluationSet.of(_PROFILES, _NEEDS, Judgements({"n1": {"missing": 1}, "n2": {"a": 0}}))


def test_duplicate_ids_are_an_error() -> None:
    with pytest.raises(InvalidInput, match="profile a appears twice"):
        EvaluationSet.of([*_PROFILES, profile("a")], _NEEDS, _JUDGEMENTS)
    with pytest.raises(InvalidInput, match="need n1 appears twice"):
        EvaluationSet.of(_PROFILES, [*_NEEDS, need("n1")], _JUDGEMENTS)


def test_two_systems_with_the_same_name_are_an_error() -> None:
    with pytest.raises(MatcherError, match="two systems to compare with are named rival"):
        evaluate(_PRODUCT, _PROFILES, _NEEDS, _JUDGEMENTS, baselines=[_RIVAL], compared=[_WORDS, _RIVAL])
