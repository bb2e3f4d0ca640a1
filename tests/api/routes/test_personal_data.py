"""Personal data at the service: contact details in texts are refused, and what is erased is gone."""

from __future__ import annotations

from fastapi.testclient import TestClient

from api.openapi.examples import NEW_PROFILE
from matcher.store import Store
from tests.api.support.checks import problem

ROUTE = "/v1/registrations"


def test_nothing_remains_of_a_discarded_registration(client: TestClient, register: Store) -> None:
    key = {"Idempotency-Key": "k1"}
    body = {**NEW_PROFILE, "summary": "Classes by Anna Field"}
    created = client.post(ROUTE, json=body, headers=key)
    assert created.status_code == 201
    assert client.post(ROUTE, json=body, headers=key).json() == created.json()
    assert client.delete(f"{ROUTE}/{created.json()['profile']['id']}").status_code == 204
    with register.reading() as connection:
        tables = ("creation", "registration")
        kept = [connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in tables]
    assert "Anna" not in str(kept)
    problem(client.post(ROUTE, json=body, headers=key), 409)


def test_contact_details_in_a_text_are_refused_with_the_field(client: TestClient) -> None:
    body = {**NEW_PROFILE, "summary": "Write to anna.field at example.org"}
    problem(client.post(ROUTE, json=body), 422, field="summary")
    id = client.post(ROUTE, json=NEW_PROFILE).json()["profile"]["id"]
    problem(client.put(f"{ROUTE}/{id}", json=body), 422, field="summary")
    assert client.post(f"{ROUTE}/{id}/confirmation", json={}).status_code == 201
    problem(client.put(f"/v1/profiles/{id}", json=body), 422, field="summary")
    need = {"title": "Fewer falls", "outcomes": ["Call 01632/960123"]}
    problem(client.post("/v1/needs", json=need), 422, field="outcomes.0")
    problem(client.put("/v1/needs/n1", json=need), 422, field="outcomes.0")


def test_words_of_a_decision_are_redacted(client: TestClient) -> None:
    assert client.post("/v1/decisions", json={"text": "Classes for Anna Field"}).status_code == 201
    body = {"kind": "decision", "id": "d1", "passage": "Anna Field"}
    entry = client.post("/v1/ledger/redactions", json=body)
    assert entry.status_code == 201
    assert [each["number"] for each in entry.json()["redactions"]] == [1]
    verification = client.get("/v1/ledger/verification").json()
    assert verification["whole"]
    assert [(each["kind"], each["number"], each["entry"]) for each in verification["redacted"]] == [("entry", 1, 2)]
    assert client.get("/v1/decisions/d1").json()["entries"][0]["redacted"]
    assert client.get("/v1/decisions/d1/replay").json()["redacted"] == ["the words of the search"]
    problem(client.post("/v1/ledger/redactions", json=body), 404)
