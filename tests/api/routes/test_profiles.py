"""Profiles over HTTP: ids, revisions, invalid fields, withdrawal and contacts."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from api.openapi.examples import CONTACT, PROFILE
from matcher.records import Contact
from matcher.store import RecordKind, Store
from tests.api.support.checks import found_ids, problem, put_profile

IDS = [
    "simple",
    "charity/1000003",
    "a.b:c+d~e@f&g'(h),i-j_k",
    "Ünïcode",
    "a/../b",
    "x/history",
    "x/contact",
    "history",
]


def quoted(id: str) -> str:
    return quote(id, safe="")


def test_first_put_is_201_then_200_and_the_etag_is_the_sequence(client: TestClient) -> None:
    first = client.put("/v1/profiles/example-charity", json=PROFILE)
    same = client.put("/v1/profiles/example-charity", json=PROFILE)
    other = client.put("/v1/profiles/example-charity", json={**PROFILE, "employees": 15})

    assert [r.status_code for r in (first, same, other)] == [201, 200, 200]
    assert [r.headers["etag"] for r in (first, same, other)] == ['"1"', '"1"', '"2"']
    assert first.json() == PROFILE
    read = client.get("/v1/profiles/example-charity")
    assert read.status_code == 200
    assert read.headers["etag"] == '"2"'
    assert read.json() == {**PROFILE, "employees": 15}


def test_unknown_values_are_left_out(client: TestClient) -> None:
    put_profile(client, "a", "Steps")
    assert "turnover" not in client.get("/v1/profiles/a").json()


@pytest.mark.parametrize("id", IDS)
def test_every_valid_id_works_in_a_path(client: TestClient, id: str) -> None:
    path = f"/v1/profiles/{quoted(id)}"
    assert client.put(path, json={"id": id, "name": "Steps"}).status_code == 201
    assert client.get(path).json()["id"] == id
    assert client.get(f"{path}/history").json()["id"] == id
    assert client.delete(f"{path}/contact").status_code == 204
    assert found_ids(client, "Steps") == [id]
    assert client.delete(path).status_code == 204
    problem(client.get(path), 404)


def test_a_slash_in_an_id_need_not_be_encoded(client: TestClient) -> None:
    put_profile(client, "charity/1000003", "Steps")
    assert client.get("/v1/profiles/charity%2F1000003").json()["id"] == "charity/1000003"
    assert client.get("/v1/profiles/charity/1000003/history").json()["id"] == "charity/1000003"
    assert client.get("/v1/profiles/charity%2f1000003/history").json()["id"] == "charity/1000003"


def test_an_id_that_ends_like_a_subresource_must_be_encoded(client: TestClient) -> None:
    answer = client.put("/v1/profiles/x/history", json={"name": "Steps"})
    problem(answer, 405)
    assert answer.headers["allow"] == "HEAD, GET"
    problem(client.get("/v1/profiles/x/history/history"), 404)
    assert client.put("/v1/profiles/x%2Fhistory", json={"name": "Steps"}).status_code == 201
    problem(client.get("/v1/profiles/x/history"), 404)
    assert client.get("/v1/profiles/x%2Fhistory/history").json()["id"] == "x/history"


@pytest.mark.parametrize("id", ["-a", "a b", "%00", "a%0Ab", "a%0A", "%FF", "a" * 513, "%2E%2E", "%252F", "a%3Fb"])
def test_invalid_ids_are_refused(client: TestClient, id: str) -> None:
    problem(client.put(f"/v1/profiles/{id}", json={"name": "Steps"}), 422, field="id")


def test_the_ids_in_body_and_path_must_be_the_same(client: TestClient) -> None:
    body = problem(client.put("/v1/profiles/a", json={"id": "b", "name": "Steps"}), 422, field="id")
    assert "'b'" in body["detail"]
    problem(client.get("/v1/profiles/a"), 404)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"postcode": "nowhere"}, "postcode"),
        ({"sector": "club"}, "sector"),
        ({"colour": "blue"}, "colour"),
        ({"capabilities": [{"title": "Care", "price": 1}]}, "capabilities.0.price"),
        ({"capabilities": [{"title": "Care"}, {}]}, "capabilities.1.title"),
        ({"coverage": {"regions": ["Atlantis"]}}, "coverage.regions.0"),
        ({"identifiers": {"charity": "x"}}, "identifiers.charity"),
        ({"turnover": -1}, "turnover"),
        ({"turnover": "much"}, "turnover"),
        ({"turnover": 1e400}, "turnover"),
        ({"employees": 10**30}, "employees"),
        ({"employees": 1.5}, "employees"),
        ({"contact": {"email": "no"}}, "contact.email"),
        ({"contact": {"fax": "1"}}, "contact.fax"),
        ({"contact": "me"}, "contact"),
        ({"track_record": [{"title": "x", "date": "2024-13-01"}]}, "track_record.0.date"),
    ],
)
def test_an_invalid_field_is_named(client: TestClient, change: dict[str, Any], field: str) -> None:
    body = json.dumps({"name": "Steps", **change}).replace("Infinity", "1e400")
    response = client.put("/v1/profiles/a", content=body, headers={"content-type": "application/json"})
    problem(response, 422, field=field)


def test_every_error_is_listed(client: TestClient) -> None:
    body = problem(client.put("/v1/profiles/a", json={"sector": "club", "colour": 1}), 422, field="name")
    assert [error["field"] for error in body["errors"]] == ["name", "sector", "colour"]
    assert body["errors"][0]["problem"] == "is missing"
    assert body["errors"][1]["remedy"].startswith("Use one of: charity")
    assert body["errors"][2]["problem"] == "is not a field of this record"


def test_only_the_history_of_a_withdrawn_profile_remains(client: TestClient) -> None:
    put_profile(client, "a", "Steady Steps", "falls prevention classes")
    assert found_ids(client, "falls prevention classes") == ["a"]
    answer = client.delete("/v1/profiles/a")
    assert (answer.status_code, answer.content) == (204, b"")

    problem(client.get("/v1/profiles/a"), 404)
    problem(client.delete("/v1/profiles/a"), 404)
    problem(client.delete("/v1/profiles/a/contact"), 404)
    assert found_ids(client, "falls prevention classes") == []
    revisions = client.get("/v1/profiles/a/history").json()["revisions"]
    assert [(r["number"], r["sequence"], r["withdrawn"]) for r in revisions] == [(1, 1, False), (2, 2, True)]
    assert revisions[0]["recorded_at"].endswith("Z")

    again = client.put("/v1/profiles/a", json={"name": "Steady Steps", "summary": "falls prevention classes"})
    assert (again.status_code, again.headers["etag"]) == (201, '"3"')
    assert found_ids(client, "falls prevention classes") == ["a"]


def test_an_id_that_never_existed_has_no_history(client: TestClient) -> None:
    problem(client.get("/v1/profiles/a/history"), 404)


def test_a_contact_is_stored_never_shown_and_erased_permanently(client: TestClient, register: Store) -> None:
    answers = [
        client.put("/v1/profiles/a", json={**PROFILE, "id": "a", "contact": CONTACT}),
        client.put("/v1/profiles/a", json={**PROFILE, "id": "a"}),
        client.get("/v1/profiles/a"),
        client.get("/v1/profiles/a/history"),
        client.post("/v1/search", json={"text": "A. Person partnerships@steady-steps.example"}),
        client.put("/v1/profiles/a", json={**PROFILE, "id": "a", "contact": {**CONTACT, "fax": "0113 496 0000"}}),
        client.put("/v1/profiles/a", json={**PROFILE, "id": "b", "contact": CONTACT}),
    ]
    for answer in answers:
        text = answer.text + str(answer.headers)
        assert not any(value in text for value in CONTACT.values())
        assert '"contact":' not in text
    assert register.contact("a") == Contact(**CONTACT)
    content = register.history(RecordKind.PROFILE, "a")
    assert not any(value in repr(content) for value in CONTACT.values())

    assert client.delete("/v1/profiles/a/contact").status_code == 204
    assert register.contact("a") is None
    assert client.delete("/v1/profiles/a/contact").status_code == 204
    assert client.get("/v1/profiles/a").status_code == 200


def test_withdrawing_a_profile_erases_its_contact(client: TestClient, register: Store) -> None:
    client.put("/v1/profiles/a", json={"name": "Steps", "contact": CONTACT})
    client.delete("/v1/profiles/a")
    assert register.contact("a") is None
