"""Decisions over HTTP: saving, recording events, replaying, verifying and exporting."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from matcher.store import Store
from tests.api.support.checks import problem

PROFILES = {"a": "falls classes", "b": "meals", "c": "falls and meals"}


@pytest.fixture
def saved(client: TestClient) -> dict[str, Any]:
    """A decision on three profiles."""
    for id, name in PROFILES.items():
        client.put(f"/v1/profiles/{id}", json={"name": name, "sector": "charity"})
    client.put("/v1/profiles/d", json={"name": "Falls Ltd", "sector": "sme"})
    request = {"text": "falls prevention", "filters": {"sectors": ["charity"]}, "top": 2}
    answer = client.post("/v1/decisions", json=request)
    assert answer.status_code == 201
    decision: dict[str, Any] = answer.json()
    return decision


def test_a_decision_holds_the_search_and_every_candidate(client: TestClient, saved: dict[str, Any]) -> None:
    same = client.post("/v1/search", json={"text": "falls prevention", "filters": {"sectors": ["charity"]}, "top": 2})
    assert saved["result"] == same.json()
    body = client.get("/v1/decisions/d1").json()
    assert [candidate["profile_id"] for candidate in body["every_candidate"]][:2] == body["shown"]
    assert len(body["every_candidate"]) == 3
    assert body["excluded_by"] == {"sectors": ["d"]}
    assert all(
        abs(sum(candidate["contributions"].values()) - candidate["score"]) < 1e-9
        for candidate in body["every_candidate"]
    )
    assert client.get("/v1/decisions").json()["decisions"][0]["decision"] == "d1"


def test_a_decision_refers_to_the_revision_of_a_stored_need(
    client: TestClient, register: Store, saved: dict[str, Any]
) -> None:
    client.put("/v1/needs/n", json={"title": "Falls"})
    seen = register.sequence()
    client.post("/v1/decisions", json={"need_id": "n"})
    client.put("/v1/needs/n", json={"title": "Meals"})
    entry = next(line for line in export_lines(client) if line["entry"]["decision"] == "d2")
    assert entry["entry"]["search"]["need"]["sequence"] == seen
    assert client.get("/v1/decisions/d2/replay").json()["identical"]


def test_events_are_recorded_in_order(client: TestClient, saved: dict[str, Any]) -> None:
    def note(**event: Any) -> Any:
        return client.post("/v1/decisions/d1/events", json=event)

    assert note(event="shortlist", profile="a").status_code == 201
    problem(note(event="shortlist", profile="a"), 409)
    problem(note(event="shortlist", profile="d"), 409)
    problem(note(event="reject", profile="b"), 422, field="reason")
    problem(note(event="search"), 422, field="event")
    problem(note(event="reject", profile="b", reason="Write to anna@example.org"), 422, field="reason")
    entry = note(event="reject", profile="b", reason="No evidence of classes").json()
    assert (entry["number"], entry["by"]) == (3, "this-installation")
    assert client.get("/v1/decisions/d1").json()["standing"] == {"a": "shortlist", "b": "reject"}
    assert note(event="close").status_code == 201
    problem(note(event="invite", profile="a"), 409)
    problem(client.post("/v1/decisions/d7/events", json={"event": "close"}), 404)


def test_a_decision_replays_after_the_register_has_changed(client: TestClient, saved: dict[str, Any]) -> None:
    client.put("/v1/profiles/a", json={"name": "Nothing similar", "sector": "charity"})
    client.delete("/v1/profiles/b")
    assert client.get("/v1/decisions/d1/replay").json() == {
        "decision": "d1", "identical": True, "differences": [], "notes": [], "redacted": []
    }  # fmt: skip


def test_verification_finds_a_hash_noted_earlier(client: TestClient, saved: dict[str, Any]) -> None:
    head = client.get("/v1/ledger").json()
    assert head == {"entries": 1, "hash": saved["hash"]}
    client.post("/v1/decisions/d1/events", json={"event": "shortlist", "profile": "a"})
    body = client.get("/v1/ledger/verification", params={"expect": head["hash"]}).json()
    assert (body["whole"], body["entries"]) == (True, 2)
    assert not client.get("/v1/ledger/verification", params={"expect": "0" * 63 + "1"}).json()["whole"]
    problem(client.get("/v1/ledger/verification", params={"expect": "abc"}), 422, field="expect")


def test_the_export_can_be_verified_independently(client: TestClient, saved: dict[str, Any]) -> None:
    client.post("/v1/decisions/d1/events", json={"event": "reject", "profile": "a", "reason": "=cmd()"})
    previous = "0" * 64
    for line in export_lines(client):
        text = json.dumps(line["entry"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256(text.encode()).hexdigest() == line["hash"]
        assert line["entry"]["previous"] == previous
        previous = line["hash"]
    answer = client.get("/v1/ledger/export", params={"format": "csv"})
    assert answer.headers["content-disposition"] == 'attachment; filename="ledger.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["row"] for row in rows].count("candidate") == 3
    assert "'=cmd()" in [row["reason"] for row in rows]
    problem(client.get("/v1/ledger/export", params={"format": "xml"}), 422, field="format")


def test_decisions_are_listed_in_pages(client: TestClient) -> None:
    for _ in range(5):
        client.post("/v1/decisions", json={"text": "falls"})
    seen, after = [], 0
    while True:
        page = client.get("/v1/decisions", params={"after": after, "limit": 2}).json()
        seen += [decision["decision"] for decision in page["decisions"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == ["d1", "d2", "d3", "d4", "d5"]


def export_lines(client: TestClient) -> list[dict[str, Any]]:
    return [json.loads(line) for line in client.get("/v1/ledger/export").text.splitlines()]
