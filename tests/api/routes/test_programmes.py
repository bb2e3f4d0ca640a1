"""Programmes over HTTP: started, watched, paused, resumed and cancelled, with the same results as single searches."""

from __future__ import annotations

import csv
import io
import json
import time
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create
from matcher.foundations.settings import Settings
from tests.api.conftest import fake_engine, wait_until_ready
from tests.api.support.checks import problem
from tests.api.support.clients import local_client

NEEDS = [{"id": f"n{number}", "title": f"{word} classes"} for number, word in enumerate(["Falls", "Meals", "Sleep"])]


@pytest.fixture
def filled(client: TestClient) -> TestClient:
    """A service with a few profiles."""
    for number in range(5):
        client.put(f"/v1/profiles/p{number}", json={"name": f"Falls and meals {number}", "sector": "charity"})
    return client


def start(client: TestClient, **options: Any) -> dict[str, Any]:
    answer = client.post("/v1/programmes", json={"name": "Falls", "needs": NEEDS, "top": 2, **options})
    assert answer.status_code == 202, answer.text
    progress: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/v1/programmes/{progress['id']}"
    return progress


def ended(client: TestClient, id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while True:
        progress: dict[str, Any] = client.get(f"/v1/programmes/{id}").json()
        if progress["state"] in ("finished", "cancelled", "failed", "paused"):
            return progress
        assert time.monotonic() < deadline, progress
        time.sleep(0.02)


def test_the_results_equal_single_searches(filled: TestClient) -> None:
    done = ended(filled, start(filled)["id"])
    assert (done["state"], done["done"], done["total"], done["matches"]) == ("finished", 3, 3, 6)
    lines = filled.get(f"/v1/programmes/{done['id']}/results/matches.jsonl").text.splitlines()
    for need, line in zip(NEEDS, lines, strict=True):
        single = filled.post("/v1/search", json={"need": need, "top": 2}).json()
        known = [{name: value for name, value in match.items() if value is not None} for match in single["results"]]
        assert json.loads(line)["results"] == known, "a file leaves out what is unknown"
    table = filled.get(f"/v1/programmes/{done['id']}/results/matches.csv")
    assert table.headers["content-disposition"] == 'attachment; filename="matches.csv"'
    assert [row["need_id"] for row in csv.DictReader(io.StringIO(table.text))] == ["n0", "n0", "n1", "n1", "n2", "n2"]
    problem(filled.get(f"/v1/programmes/{done['id']}/results/state.json"), 404)
    assert filled.get("/v1/programmes").json()["programmes"] == [done]


@pytest.mark.parametrize(
    ("file", "media"),
    [
        ("matches.jsonl", "application/jsonl"),
        ("matches.csv", "text/csv; charset=utf-8"),
        ("matches.parquet", "application/vnd.apache.parquet"),
        ("matches.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("figures.json", "application/json"),
        ("report.html", "text/html; charset=utf-8"),
    ],
)
def test_every_file_has_its_media_type(filled: TestClient, file: str, media: str) -> None:
    done = ended(filled, start(filled)["id"])
    assert file in done["files"]
    answer = filled.get(f"/v1/programmes/{done['id']}/results/{file}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert ("sandbox" in policy) == (file == "report.html")
    assert answer.headers["content-disposition"].startswith("inline" if file == "report.html" else "attachment")


def test_the_events_end_with_the_final_state(filled: TestClient) -> None:
    id = start(filled)["id"]
    with filled.stream("GET", f"/v1/programmes/{id}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]
    assert events[-1]["state"] == "finished"
    assert events[-1] == {name: value for name, value in ended(filled, id).items() if value is not None}


@pytest.mark.parametrize("region", ["QWO", "15F", "NHS Leeds CCG"])
def test_a_past_nhs_body_is_replaced_by_its_successor(filled: TestClient, region: str) -> None:
    started = start(filled, region=region, capacity=1)
    assert started["area"] == "NHS West Yorkshire Integrated Care Board"
    done = ended(filled, started["id"])
    figures = filled.get(f"/v1/programmes/{done['id']}/results/figures.json").json()
    assert figures["programme"]["area"]["codes"] == ["QWO"]
    assert [line["group"] for line in figures["by_region"]] == ["Yorkshire and The Humber"], (
        "needs without a place count as in the region"
    )
    assert [way["most"] for way in figures["assignments"]][1:] == [1, 1]
    report = filled.get(f"/v1/programmes/{done['id']}/results/report.html").text
    assert "A need that names no place is treated as being in Yorkshire and The Humber." in report
    assert ("requested as" in report) == (region != "QWO")


def test_stored_needs_can_be_matched(filled: TestClient) -> None:
    problem(filled.post("/v1/programmes", json={"name": "All", "stored": True}), 422, field="stored")
    filled.put("/v1/needs/kept", json={"title": "Falls"})
    assert ended(filled, start(filled, needs=[], stored=True)["id"])["total"] == 1


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"needs": []}, "needs"),
        ({"stored": True}, "needs"),
        ({"needs": [{"id": "n", "title": ""}]}, "needs.0.title"),
        ({"name": ""}, "name"),
        ({"top": 0}, "top"),
        ({"region": "Atlantis"}, "region"),
        ({"capacity": 0}, "capacity"),
    ],
)
def test_an_invalid_programme_is_refused_with_its_field(
    filled: TestClient, options: dict[str, Any], field: str
) -> None:
    problem(filled.post("/v1/programmes", json={"name": "Falls", "needs": NEEDS, **options}), 422, field=field)
    assert filled.get("/v1/programmes").json() == {"programmes": []}


def test_a_duplicate_id_is_refused(filled: TestClient) -> None:
    answer = filled.post("/v1/programmes", json={"name": "Falls", "needs": [NEEDS[0], NEEDS[0]]})
    assert answer.status_code == 422
    assert "n0" in answer.json()["detail"]


def test_a_damaged_run_does_not_hide_others(filled: TestClient) -> None:
    whole, damaged = (ended(filled, start(filled)["id"]) for _ in range(2))
    jobs = filled.app.state.service.programmes.runs.jobs  # type: ignore[attr-defined]
    jobs.job(damaged["id"]).write("manifest.json", b"{}")
    assert filled.get("/v1/programmes").json()["programmes"] == [whole]
    problem(filled.get(f"/v1/programmes/{damaged['id']}"), 503)


def test_a_finished_programme_cannot_be_stopped_or_resumed(filled: TestClient) -> None:
    done = ended(filled, start(filled)["id"])
    problem(filled.post(f"/v1/programmes/{done['id']}/pause"), 409)
    problem(filled.post(f"/v1/programmes/{done['id']}/resume"), 409)
    problem(filled.delete(f"/v1/programmes/{done['id']}"), 409)
    problem(filled.get("/v1/programmes/20260101-00000000"), 404)
    problem(filled.get("/v1/programmes/nonsense"), 422, field="id")


def test_a_queued_run_can_be_paused_resumed_and_cancelled(filled: TestClient) -> None:
    programmes = filled.app.state.service.programmes  # type: ignore[attr-defined]
    programmes.stop()  # so that new runs stay queued
    one, other = start(filled)["id"], start(filled)["id"]
    assert filled.post(f"/v1/programmes/{one}/pause").json()["state"] == "paused"
    assert filled.delete(f"/v1/programmes/{other}").json()["state"] == "cancelled"
    problem(filled.post(f"/v1/programmes/{other}/resume"), 409)
    assert filled.post(f"/v1/programmes/{one}/resume").json()["state"] == "queued"


def test_a_queued_run_continues_after_a_restart(settings: Settings) -> None:
    with local_client(create(settings, engine_of=fake_engine)) as client:
        wait_until_ready(client)
        client.put("/v1/profiles/p", json={"name": "Falls"})
        client.app.state.service.programmes.stop()  # type: ignore[attr-defined]
        id = start(client, capacity=2, region="London")["id"]
        client.put("/v1/profiles/later", json={"name": "Falls, too"})
        assert client.get(f"/v1/programmes/{id}").json()["state"] == "queued"
    with local_client(create(settings, engine_of=fake_engine)) as client:
        done = ended(client, id)
        assert (done["state"], done["matches"]) == ("finished", 3), "matched with the register as it was at the request"
        figures = client.get(f"/v1/programmes/{id}/results/figures.json").json()
        assert (figures["programme"]["capacity"], figures["programme"]["area"]["name"]) == (2, "London")
