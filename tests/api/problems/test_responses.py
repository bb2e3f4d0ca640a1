"""Problem responses to every kind of error, and what they must not reveal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

from api.app import create
from api.problems.catalogue import PROBLEM_TYPES
from matcher.foundations.errors import Conflict, MatcherError, Place, UserError
from matcher.foundations.settings import Settings
from tests.api.conftest import fake_engine
from tests.api.support.checks import problem, put_profile
from tests.api.support.clients import local_client

SHAPE = {"type", "title", "status", "detail", "instance", "remedy"}


@pytest.mark.parametrize("path", ["/", "/v1", "/v2/profiles/a", "/v1/searches", "/.env", "/docs/../../etc/passwd"])
def test_an_unknown_path_is_not_found(client: TestClient, path: str) -> None:
    body = problem(client.get(path), 404)
    assert set(body) == SHAPE


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/v1/profiles/a", "HEAD, GET, PUT, DELETE"),
        ("PATCH", "/v1/needs/a", "HEAD, GET, PUT, DELETE"),
        ("DELETE", "/v1/needs", "HEAD, GET, POST"),
        ("GET", "/v1/search", "POST"),
        ("PUT", "/healthz", "HEAD, GET"),
        ("POST", "/docs", "HEAD, GET"),
        ("TRACE", "/v1/profiles/a", "HEAD, GET, PUT, DELETE"),
    ],
)
def test_an_unsupported_method_lists_those_allowed(client: TestClient, method: str, path: str, allowed: str) -> None:
    answer = client.request(method, path)
    problem(answer, 405)
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/xml", "multipart/form-data", "json", "a/b/c"]
)
@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/v1/profiles/a"), ("PUT", "/v1/needs/a"), ("POST", "/v1/search")]
)
def test_other_content_types_are_refused(client: TestClient, method: str, path: str, content_type: str | None) -> None:
    headers = {"content-type": content_type} if content_type else {}
    problem(client.request(method, path, content=b'{"name": "Steps"}', headers=headers), 415)


def test_the_content_type_may_state_the_encoding(client: TestClient) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert client.put("/v1/profiles/a", content='{"name": "Stëps"}'.encode(), headers=headers).status_code == 201


def test_a_missing_body_is_reported(client: TestClient) -> None:
    problem(client.put("/v1/profiles/a", headers={"content-type": "application/json"}), 422, field="body")


def test_the_instance_is_the_path_as_sent(client: TestClient) -> None:
    assert problem(client.get("/v1/profiles/%C3%BC%2Fa"), 404)["instance"] == "/v1/profiles/%C3%BC%2Fa"


def test_only_the_first_hundred_errors_are_listed(client: TestClient) -> None:
    body: dict[str, Any] = {"name": "Steps", **{f"field{number}": 1 for number in range(5_000)}}
    answer = client.put("/v1/profiles/a", json=body)
    assert len(problem(answer, 422, field="field0")["errors"]) == 100


def test_a_very_long_field_name_is_shortened(client: TestClient) -> None:
    answer = client.put("/v1/profiles/a", json={"name": "Steps", "x" * 100_000: 1})
    problem(answer, 422, field="x" * 300)
    assert len(answer.content) < 5_000


class Broken:
    """A service in which everything fails with `fault`."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def __getattr__(self, name: str) -> Any:
        raise self.fault


@pytest.fixture
def fault() -> Exception:
    return RuntimeError("a secret")


@pytest.fixture
def broken(settings: Settings, fault: Exception) -> Iterator[TestClient]:
    """A client of a service in which everything fails with `fault` after it has started."""
    with local_client(create(settings, engine_of=fake_engine)) as client:
        running = client.app.state.service  # type: ignore[attr-defined]
        client.app.state.service = Broken(fault)  # type: ignore[attr-defined]
        yield client
        client.app.state.service = running  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "fault", [RuntimeError("a secret"), MatcherError("a secret"), UserError("a secret", remedy="")]
)
def test_an_unexpected_error_reveals_nothing(broken: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = broken.get("/v1/profiles/a")
    assert set(problem(answer, 500)) == SHAPE
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "a secret" in caplog.text


@pytest.mark.parametrize("fault", [Conflict("it is closed", remedy="Open it", place=Place(field="stage"))])
def test_a_conflict(broken: TestClient) -> None:
    body = problem(broken.get("/v1/profiles/a"), 409, field="stage")
    assert (body["detail"], body["remedy"]) == ("it is closed", "Open it")


def test_an_invalid_stored_record_is_an_internal_error(
    client: TestClient, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    put_profile(client, "a", "Steps")
    database = create_engine(settings.store_url)
    with database.begin() as connection:
        for trigger in (
            connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        ):
            connection.execute(text(f'DROP TRIGGER "{trigger}"'))
        connection.execute(text('UPDATE revision SET content = \'{"id": "a"}\''))
    database.dispose()
    problem(client.get("/v1/profiles/a"), 500)
    assert "revision 1 of profile a" in caplog.text


def test_each_problem_type_has_a_page(client: TestClient) -> None:
    for problem_type in PROBLEM_TYPES:
        page = client.get(problem_type.type)
        assert page.status_code == 200
        assert escape(problem_type.title) in page.text
    problem(client.get("/problems/other"), 404)


def test_every_response_has_security_headers(client: TestClient) -> None:
    for path in ("/v1/needs", "/v1/needs/none", "/healthz", "/openapi.json", "/docs", "/none"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert (headers.get("cache-control") == "no-store") == path.startswith(("/v1", "/healthz"))


def test_head_is_get_without_a_body(client: TestClient) -> None:
    put_profile(client, "a", "Steps")
    for path in ("/v1/profiles/a", "/v1/profiles/none", "/healthz", "/docs", "/none"):
        same = {"X-Request-ID": "one-request"}
        head, get = client.head(path, headers=same), client.get(path, headers=same)
        assert (head.status_code, head.headers, head.content) == (get.status_code, get.headers, b"")
    assert client.head("/v1/search").status_code == 405


def test_problems_reveal_no_internals(client: TestClient, tmp_path: Path) -> None:
    insides = re.compile(r"pydantic|fastapi|sqlalchemy|Traceback|\.py\b|" + re.escape(str(tmp_path)), re.IGNORECASE)
    for body in ("{", "[]", "null", '{"name": 1}', '{"capabilities": {}}', '{"coverage": []}', '{"capabilities": [1]}'):
        answer = client.put("/v1/profiles/a", content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (400, 422)
        assert not insides.search(answer.text)
