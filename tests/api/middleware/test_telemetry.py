"""What the service tells of itself: metrics and log lines that name no person and no record."""

from __future__ import annotations

import json
import logging
import logging.config
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from matcher.cli.logs import log_config


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO, logger="api.middleware.telemetry"):
        yield caplog


def metric(client: TestClient, name: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).rsplit(" ", 1)[1])


def test_answers_are_counted_by_route_and_status(client: TestClient) -> None:
    for id in ("a", "b"):
        assert client.put(f"/v1/profiles/{id}", json={"name": "Steps"}).status_code == 201
    client.get("/v1/profiles/absent")
    client.get("/no/such/route")
    client.request("BREW", "/healthz")
    assert metric(client, 'matcher_requests_total{method="PUT",route="put_profile",status="201"}') == 2
    assert metric(client, 'matcher_requests_total{method="GET",route="read_profile",status="404"}') == 1
    assert metric(client, 'matcher_requests_total{method="GET",route="none",status="404"}') == 1
    assert metric(client, 'matcher_requests_total{method="other",route="read_health",status="405"}') == 1
    assert metric(client, 'matcher_request_seconds_count{route="put_profile"}') == 2
    assert metric(client, "matcher_requests_in_progress") == 1, "the one that asks"
    assert metric(client, "matcher_store_sequence") == 2
    assert metric(client, 'matcher_records{kind="profiles"}') == 2
    client.post("/v1/search", json={"text": "steps"})
    assert metric(client, "matcher_index_sequence") == 2


def test_a_line_a_request_without_anything_of_its_sender(client: TestClient, told: pytest.LogCaptureFixture) -> None:
    told.clear()
    client.get("/v1/profiles/anna.field@example.org?secret=1", headers={"Authorization": "Bearer mk_secret"})
    [line] = [record for record in told.records if record.name == "api.middleware.telemetry"]
    formatter = logging.config.dictConfigClass(log_config("json")).configure_formatter(
        log_config("json")["formatters"]["requests"]
    )
    written = formatter.format(line)
    event = json.loads(written)
    assert (event["route"], event["method"], event["status"]) == ("read_profile", "GET", 401)
    assert event["milliseconds"] > 0
    assert not any(word in written for word in ("anna", "secret", "testclient"))


def test_a_request_keeps_the_id_it_was_given(client: TestClient) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "abc-12345678"}).headers["X-Request-ID"] == "abc-12345678"
    for strange in ("short", "x" * 65, "with blank 12"):
        assert len(client.get("/healthz", headers={"X-Request-ID": strange}).headers["X-Request-ID"]) == 32


@pytest.mark.parametrize("form", ["json", "text"])
def test_the_log_can_be_set_up(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    before = logging.root.handlers[:]
    try:
        logging.config.dictConfig(log_config("json" if form == "json" else "text"))
        told = {"route": "search", "method": "POST", "status": 200, "milliseconds": 1.5, "request_id": "r"}
        logging.getLogger("api.middleware.telemetry").info("answered", extra=told)
        logging.getLogger("matcher").warning("the disk is nearly full")
        logging.getLogger("matcher").info("not worth a line")
        lines = capfd.readouterr().err.splitlines()
        assert len(lines) == 2
        assert "search" in lines[0]
        assert "nearly full" in lines[1]
    finally:
        logging.root.handlers[:] = before
        requests = logging.getLogger("api.middleware.telemetry")
        requests.handlers.clear()
        requests.propagate = True
