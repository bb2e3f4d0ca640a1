"""Needs over HTTP: revisions, pages and invalid fields."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from api.openapi.examples import NEED
from tests.api.support.checks import problem


def test_a_need_is_put_read_revised_and_withdrawn(client: TestClient) -> None:
    first = client.put("/v1/needs/example-need", json=NEED)
    again = client.put("/v1/needs/example-need", json={**NEED, "stage": "tender"})
    assert [(r.status_code, r.headers["etag"]) for r in (first, again)] == [(201, '"1"'), (200, '"2"')]
    assert first.json() == {**NEED, "lots": []}
    read = client.get("/v1/needs/example-need")
    assert (read.json()["stage"], read.headers["etag"]) == ("tender", '"2"')

    entries = client.get("/v1/needs/example-need/history").json()["revisions"]
    assert [(entry["number"], entry["sequence"]) for entry in entries] == [(1, 1), (2, 2)]

    assert client.delete("/v1/needs/example-need").status_code == 204
    problem(client.get("/v1/needs/example-need"), 404)
    problem(client.delete("/v1/needs/example-need"), 404)
    assert client.get("/v1/needs").json() == {"needs": []}


def test_contacts_and_unknown_fields_are_refused(client: TestClient) -> None:
    problem(client.put("/v1/needs/a", json={"title": "Care", "contact": {}}), 422, field="contact")
    problem(client.put("/v1/needs/a", json={"title": "Care", "buyer": {"nme": "x"}}), 422, field="buyer.name")
    problem(client.put("/v1/needs/a", json={"title": "…"}), 422, field="title")
    problem(client.put("/v1/needs/a", json={"id": "b", "title": "Care"}), 422, field="id")


def test_needs_are_listed_in_pages(client: TestClient) -> None:
    ids = [f"need/{number}" for number in range(7)]
    for id in reversed(ids):
        assert client.put(f"/v1/needs/{id}", json={"title": f"Need {id}"}).status_code == 201
    client.delete("/v1/needs/need/3")

    pages = []
    after = None
    while True:
        page = client.get("/v1/needs", params={"limit": 2, **({"after": after} if after else {})}).json()
        pages.append([need["id"] for need in page["needs"]])
        if (after := page.get("next")) is None:
            break
    assert pages == [["need/0", "need/1"], ["need/2", "need/4"], ["need/5", "need/6"]]
    assert len(client.get("/v1/needs").json()["needs"]) == 6
    assert client.get("/v1/needs", params={"after": "zzz"}).json() == {"needs": []}


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=501", "limit"), ("limit=x", "limit"), ("limit=", "limit"), ("after=%00", "after")],
)
def test_an_invalid_page_is_refused(client: TestClient, query: str, field: str) -> None:
    problem(client.get(f"/v1/needs?{query}"), 422, field=field)
