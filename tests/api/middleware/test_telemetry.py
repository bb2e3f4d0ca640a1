"""Metrics and log lines, which name no person or record."""

from __future__ import annotations

import json
import logging
import logging.config
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from matcher.operations.logs import log_config


@pytest.fixture
def request_log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
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
    assert metric(client, "matcher_requests_in_progress") == 1, "the request for the metrics itself"
    assert metric(client, "matcher_store_sequence") == 2
    assert metric(client, 'matcher_records{kind="profiles"}') == 2
    client.post("/v1/search", json={"text": "steps"})
    assert metric(client, "matcher_index_sequence") == 2


def test_each_request_is_logged_without_data_about_its_sender(
    client: TestClient, request_log: pytest.LogCaptureFixture
) -> None:
    request_log.clear()
    client.get("/v1/profiles/anna.field@example.org?secret=1", headers={"Authorization": "Bearer mk_secret"})
    [line] = [record for record in request_log.records if record.name == "api.middleware.telemetry"]
    formatter = logging.config.dictConfigClass(log_config("json")).configure_formatter(
        log_config("json")["formatters"]["requests"]
    )
    written = formatter.format(line)
    event = json.loads(written)
    assert (event["route"], event["method"], event["status"]) == ("read_profile", "GET", 401)
    assert event["milliseconds"] > 0
    assert not any(word in written for word in ("anna", "secret", "testclient"))


def test_a_valid_request_id_is_kept_and_an_invalid_one_replaced(client: TestClient) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "abc-12345678"}).headers["X-Request-ID"] == "abc-12345678"
    for invalid in ("short", "x" * 65, "with blank 12"):
        assert len(client.get("/healthz", headers={"X-Request-ID": invalid}).headers["X-Request-ID"]) == 32


@pytest.mark.parametrize("form", ["json", "text"])
def test_the_log_configuration_works(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    before = logging.root.handlers[:]
    try:
        logging.config.dictConfig(log_config("json" if form == "json" else "text"))
        event = {"route": "search", "method": "POST", "status": 200, "milliseconds": 1.5, "request_id": "r"}
        logging.getLogger("api.middleware.telemetry").info("answered", extra=event)
        logging.getLogger("matcher").warning("the disk is nearly full")
        logging.getLogger("matcher").info("not worth a line")
        lines = capfd.readouterr().err.splitlines()
        assert len(lines) == 2
        assert "search" in lines[0]
        assert "nearly full" in lines[1]
        try:
            raise ValueError("a@b.org")
        except ValueError:
            logging.getLogger("matcher").exception("cannot reach %s", "anna (at) health.org")
        text = capfd.readouterr().err
        assert "cannot reach [contact removed]" in text
        assert "ValueError: [contact removed]" in text
    finally:
        logging.root.handlers[:] = before
        requests = logging.getLogger("api.middleware.telemetry")
        requests.handlers.clear()
        requests.propagate = True
