"""A service without keys answers to this machine alone, and to no web page elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create
from matcher.foundations.settings import Settings
from tests.api.conftest import fake_engine
from tests.api.support.checks import problem
from tests.api.support.clients import local_client

LOCAL = ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:8000", "127.1.2.3", "[::1]", "[::1]:8000"]
ELSEWHERE = [
    "evil.example",
    "evil.example:8000",
    "localhost.evil.example",
    "evil.example@localhost.evil.example",
    "127.0.0.1.evil.example",
    "192.0.2.1",
    "0.0.0.0",
    "[::ffff:192.0.2.1]",
    "[::1",
    "127.1",
    "2130706433",
    "",
]


@pytest.fixture(params=[None, "open"], ids=["no key", "open"])
def without_keys(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestClient]:
    """A client of a service that needs no key, by default or because the settings say so."""
    settings = Settings(home=tmp_path, access=request.param, rate_limit="none")
    with local_client(create(settings, engine_of=fake_engine)) as client:
        yield client


def test_only_names_of_this_machine_are_answered(without_keys: TestClient) -> None:
    for host in LOCAL:
        assert without_keys.get("/v1/needs", headers={"Host": host}).status_code == 200, host
    for host in ELSEWHERE:  # a page whose name was made to resolve to 127.0.0.1
        problem(without_keys.get("/v1/needs", headers={"Host": host}), 401)
    twice = [("Host", "localhost"), ("Host", "evil.example")]
    problem(without_keys.get("/v1/needs", headers=twice), 401)


def test_pages_elsewhere_are_not_answered(without_keys: TestClient) -> None:
    own = {"Host": "localhost:8000", "Origin": "http://localhost:8000"}
    assert without_keys.get("/v1/needs", headers=own).status_code == 200
    for origin in (
        "http://evil.example",
        "null",
        "http://localhost:3000",
        "http://[",
        "http://localhost:8000.evil.example",
    ):
        problem(without_keys.post("/v1/needs/a/publication", headers={**own, "Origin": origin}), 401)


def test_other_machines_and_proxies_are_not_answered(without_keys: TestClient) -> None:
    for header in ("Forwarded", "X-Forwarded-For"):
        problem(without_keys.get("/v1/needs", headers={header: "127.0.0.1"}), 401)
    for address in ("192.0.2.1", "::ffff:192.0.2.1"):
        elsewhere = local_client(without_keys.app, client=(address, 50_000))
        problem(elsewhere.get("/v1/needs"), 401)
