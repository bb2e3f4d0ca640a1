"""If-Match and If-None-Match, one request at a time and concurrently."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from matcher.store import RecordKind, Store
from tests.api.support.checks import problem, put_profile

PATHS = [("/v1/profiles/a", {"name": "Steps"}), ("/v1/needs/a", {"title": "Care"})]


@pytest.mark.parametrize(("path", "body"), PATHS)
def test_if_match_refuses_a_change_to_another_revision(client: TestClient, path: str, body: dict[str, str]) -> None:
    seen = client.put(path, json=body).headers["etag"]
    changed = client.put(path, json={**body, "postcode": "LS11 5QN"}, headers={"If-Match": seen})
    assert changed.status_code == 200
    late = problem(client.put(path, json=body, headers={"If-Match": seen}), 412)
    assert changed.headers["etag"] in late["detail"]
    problem(client.delete(path, headers={"If-Match": seen}), 412)
    assert client.get(path).json()["postcode"] == "LS11 5QN"
    assert client.delete(path, headers={"If-Match": changed.headers["etag"]}).status_code == 204


@pytest.mark.parametrize("tags", ['"1"', '"7", "1"', "*", ' "1" '])
def test_etags_that_match(client: TestClient, tags: str) -> None:
    put_profile(client, "a", "Steps")
    assert client.put("/v1/profiles/a", json={"name": "Paces"}, headers={"If-Match": tags}).status_code == 200


@pytest.mark.parametrize("tags", ['"2"', "1", 'W/"1"', "", '"01"', "'1'", '"1', ",,,", '"', "nonsense"])
def test_etags_that_do_not_match(client: TestClient, tags: str) -> None:
    put_profile(client, "a", "Steps")
    problem(client.put("/v1/profiles/a", json={"name": "Paces"}, headers={"If-Match": tags}), 412)
    assert client.get("/v1/profiles/a").json()["name"] == "Steps"


@pytest.mark.parametrize(("path", "body"), PATHS)
def test_no_etag_matches_an_absent_record(client: TestClient, path: str, body: dict[str, str]) -> None:
    problem(client.put(path, json=body, headers={"If-Match": "*"}), 412)
    problem(client.delete(path, headers={"If-Match": "*"}), 404)
    client.put(path, json=body)
    client.delete(path)
    problem(client.put(path, json=body, headers={"If-Match": "*"}), 412)
    problem(client.get(path), 404)


def test_if_none_match_creates_and_never_replaces(client: TestClient) -> None:
    path, headers = "/v1/profiles/a", {"If-None-Match": "*"}
    assert client.put(path, json={"name": "Steps"}, headers=headers).status_code == 201
    problem(client.put(path, json={"name": "Paces"}, headers=headers), 412)
    problem(client.put(path, json={"name": "Paces"}, headers={"If-None-Match": 'W/"1"'}), 412)
    assert client.put(path, json={"name": "Paces"}, headers={"If-None-Match": '"9"'}).status_code == 200


def test_a_refused_change_leaves_the_contact_alone(client: TestClient, register: Store) -> None:
    put_profile(client, "a", "Steps")
    body = {"name": "Paces", "contact": {"name": "A. Person"}}
    problem(client.put("/v1/profiles/a", json=body, headers={"If-Match": '"9"'}), 412)
    assert register.contact("a") is None


def test_of_concurrent_changes_to_one_revision_one_wins(client: TestClient, register: Store) -> None:
    seen = put_profile(client, "a", "Steps")
    for turn in range(5):

        def change(writer: int, seen: str = seen, turn: int = turn) -> tuple[int, str]:
            body = {"name": f"Steps {turn}.{writer}"}
            answer = client.put("/v1/profiles/a", json=body, headers={"If-Match": seen})
            return answer.status_code, answer.headers.get("etag", "")

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(change, range(8)))
        assert sorted(status for status, _ in answers) == [200] + [412] * 7
        seen = max(tag for _, tag in answers)
    assert len(register.history(RecordKind.PROFILE, "a")) == 6


def test_of_concurrent_creations_one_wins(client: TestClient) -> None:
    def create(writer: int) -> int:
        answer = client.put("/v1/needs/a", json={"title": f"Care {writer}"}, headers={"If-None-Match": "*"})
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(create, range(8))) == [201] + [412] * 7
