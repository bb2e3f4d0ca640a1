"""Searches over HTTP: ranking, filters, and invalid requests."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.openapi.examples import NEED, PROFILE
from matcher.records import SearchResult
from matcher.records.policy import band_of
from matcher.scoring import PARTS
from tests.api.support.checks import found_ids, problem, put_profile


@pytest.fixture
def stocked(client: TestClient) -> TestClient:
    client.put("/v1/profiles/example-charity", json=PROFILE)
    put_profile(client, "chess", "Chess club", "Evenings of chess for everyone")
    client.put("/v1/needs/example-need", json=NEED)
    return client


def test_a_search_for_free_text_ranks_with_reasons(stocked: TestClient) -> None:
    response = stocked.post("/v1/search", json={"text": "falls prevention, strength and balance training"})
    result = SearchResult.model_validate_json(response.content)
    assert (result.need_id, result.considered, result.eligible, result.sequence) == ("free-text", 2, 2, 3)
    best = result.results[0]
    assert best.profile_id == "example-charity"
    assert sum(best.contributions.values()) == pytest.approx(best.score, abs=1e-12)
    assert best.evidence[0].source == "capability: Falls prevention"
    assert best.band == band_of(best.probability)
    assert best.probability >= result.results[1].probability
    assert 0 < sum(quote.share for quote in best.evidence) <= 1
    shown = response.json()["results"][0]
    assert set(shown) == {
        "rank", "profile_id", "name", "sector", "size", "place", "score", "probability", "band", "reasons",
        "contributions", "evidence",
    }  # fmt: skip
    assert (shown["size"], shown["place"]) == ("sme", "Yorkshire and The Humber")
    assert shown["reasons"][0] == "Offers “Falls prevention” (capability)"
    assert (0 <= shown["probability"] <= 1, shown["band"]) == (True, best.band.value)
    assert tuple(shown["contributions"]) == PARTS, "in the order of the sum"
    for quote in shown["evidence"]:
        assert set(quote) == {"text", "source", "similarity", "share"}
        assert 0 <= quote["share"] <= 1
    assert response.headers["cache-control"] == "no-store"


def test_a_stored_need_and_the_same_unsaved_need_give_the_same_results(stocked: TestClient) -> None:
    stored = stocked.post("/v1/search", json={"need_id": "example-need"})
    stated = stocked.post("/v1/search", json={"need": NEED})
    assert stored.status_code == 200
    assert stored.json() == stated.json()
    unnamed = stocked.post("/v1/search", json={"need": {name: NEED[name] for name in NEED if name != "id"}})
    assert unnamed.json() == {**stored.json(), "need_id": "free-text"}


def test_filters_requirements_and_top_are_applied(stocked: TestClient) -> None:
    assert len(found_ids(stocked, "chess", top=1)) == 1
    assert found_ids(stocked, "chess", filters={"sectors": ["charity"]}) == ["example-charity"]
    assert found_ids(stocked, "chess", filters={"changed_since": 1}) == ["chess"]
    assert found_ids(stocked, "chess", filters={"changed_since": 10**30}) == []
    required = stocked.post("/v1/search", json={"need_id": "example-need"}).json()
    loosened = stocked.post("/v1/search", json={"need_id": "example-need", "apply_requirements": False}).json()
    assert (required["eligible"], loosened["eligible"]) == (1, 2)
    assert (required["excluded"]["regions"], required["excluded"]["place_not_known"]) == (0, 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "need"),
        ({"text": "a", "need_id": "b"}, "need"),
        ({"text": "a", "need": {"title": "b"}, "need_id": "c"}, "need"),
        ({"text": ""}, "text"),
        ({"text": "…"}, "text"),
        ({"text": "\x00\x01"}, "text"),
        ({"text": 5}, "text"),
        ({"text": "a" * 100_001}, "text"),
        ({"text": "a", "top": 0}, "top"),
        ({"text": "a", "top": 1001}, "top"),
        ({"text": "a", "top": "10"}, "top"),
        ({"text": "a", "top": 10**400}, "top"),
        ({"text": "a", "apply_requirements": "no"}, "apply_requirements"),
        ({"text": "a", "colour": 1}, "colour"),
        ({"text": "a", "filters": {"colour": 1}}, "filters.colour"),
        ({"text": "a", "filters": {"regions": ["Atlantis"]}}, "filters.regions.0"),
        ({"text": "a", "filters": {"changed_since": -1}}, "filters.changed_since"),
        ({"text": "a", "filters": {"identifiers": ["tax:1"]}}, "filters.identifiers.0"),
        ({"text": "a", "filters": None}, "filters"),
        ({"need": {"description": "b"}}, "need.title"),
        ({"need": {"title": "b", "colour": 1}}, "need.colour"),
        ({"need_id": "a b"}, "need_id"),
        ([], "body"),
        ("text", "body"),
    ],
)
def test_an_invalid_request_is_refused_with_its_field(client: TestClient, body: Any, field: str) -> None:
    problem(client.post("/v1/search", json=body), 422, field=field)


def test_null_is_refused(client: TestClient) -> None:
    headers = {"content-type": "application/json"}
    problem(client.post("/v1/search", content=b"null", headers=headers), 422, field="body")


def test_a_need_that_is_not_stored_is_not_found(client: TestClient) -> None:
    problem(client.post("/v1/search", json={"need_id": "a"}), 404, field="need_id")


def test_an_empty_register_gives_no_results(client: TestClient) -> None:
    result = client.post("/v1/search", json={"text": "anything"}).json()
    assert (result["considered"], result["results"]) == (0, [])


def test_the_next_search_finds_a_new_profile(client: TestClient) -> None:
    for number in range(20):
        put_profile(client, f"p{number}", f"word{number}")
        assert found_ids(client, f"word{number}", top=1) == [f"p{number}"]
