"""Keys, browser sessions, and when a service needs neither."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from api.access.guard import COOKIE, CSRF_HEADER
from api.app import create
from matcher.accounts import Role
from matcher.foundations.settings import Settings
from matcher.store import Store
from tests.api.conftest import fake_engine, wait_until_ready
from tests.api.support.checks import problem
from tests.api.support.clients import local_client
from tests.api.support.people import People

NEED = {"title": "Care"}


@pytest.fixture
def people(register: Store) -> People:
    return People(register)


@pytest.fixture
def browser(client: TestClient) -> TestClient:
    """A client that stores cookies like a browser, over TLS."""
    return TestClient(client.app, base_url="https://testserver")


def test_requests_need_a_key_once_a_key_exists(client: TestClient, register: Store) -> None:
    assert client.get("/v1/needs").status_code == 200
    people = People(register)
    problem(client.get("/v1/needs"), 401)
    assert client.get("/v1/needs", headers=people.roles[Role.AUDITOR].headers).status_code == 200


def test_requests_from_other_sites_need_a_key(client: TestClient) -> None:
    assert client.get("/v1/needs", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    for site in ("cross-site", "same-site"):
        problem(client.post("/v1/needs/a/publication", headers={"Sec-Fetch-Site": site}), 401)


@pytest.mark.parametrize(("host", "status"), [("0.0.0.0", 401), ("::", 401), ("::1", 200), ("localhost", 200)])
def test_a_service_reachable_from_other_machines_needs_keys(tmp_path: Path, host: str, status: int) -> None:
    with local_client(create(Settings(home=tmp_path, host=host), engine_of=fake_engine)) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/v1/needs").status_code == status


def test_the_access_setting_overrides_the_default(tmp_path: Path) -> None:
    with local_client(create(Settings(home=tmp_path, access="keys"), engine_of=fake_engine)) as client:
        problem(client.get("/v1/needs"), 401)
    with local_client(create(Settings(home=tmp_path, access="open"), engine_of=fake_engine)) as client:
        wait_until_ready(client)
        people = People(client.app.state.service.store)  # type: ignore[attr-defined]
        assert client.get("/v1/needs").status_code == 200
        problem(client.post("/v1/needs", json=NEED, headers=people.roles[Role.AUDITOR].headers), 403)
        problem(client.get("/v1/needs", headers={"Authorization": "Bearer mk_a_b"}), 401)
    with pytest.raises(ValidationError, match="bound to this machine"):
        Settings(home=tmp_path, access="open", host="0.0.0.0")


def test_a_browser_session(browser: TestClient, people: People) -> None:
    person = people.roles[Role.COMMISSIONER]
    begun = browser.post("/v1/session", headers=person.headers)
    assert begun.status_code == 201
    cookie = begun.headers["set-cookie"]
    assert re.match(rf"{COOKIE}=[\w-]{{43}}; HttpOnly; Max-Age=36000; Path=/; SameSite=lax; Secure$", cookie)
    csrf = begun.json()["csrf"]
    assert browser.cookies[COOKIE] not in begun.text

    caller = browser.get("/v1/caller").json()
    assert caller == {
        "organisation_id": person.organisation_id,
        "member_id": person.member_id,
        "roles": ["commissioner"],
        "csrf": csrf,
    }
    problem(browser.post("/v1/needs", json=NEED), 403)
    problem(browser.post("/v1/needs", json=NEED, headers={CSRF_HEADER: csrf[:-1] + "x"}), 403)
    created = browser.post("/v1/needs", json=NEED, headers={CSRF_HEADER: csrf})
    assert created.status_code == 201
    assert browser.get(created.headers["location"]).status_code == 200

    problem(browser.delete("/v1/session"), 403)
    ended = browser.delete("/v1/session", headers={CSRF_HEADER: csrf})
    assert ended.status_code == 204
    assert COOKIE not in browser.cookies
    stolen = {"Cookie": f"{COOKIE}={cookie.split('=')[1].split(';')[0]}"}
    problem(browser.get("/v1/caller", headers=stolen), 401)


def test_a_key_takes_precedence_over_a_cookie(browser: TestClient, people: People) -> None:
    browser.post("/v1/session", headers=people.roles[Role.COMMISSIONER].headers)
    auditor = people.roles[Role.AUDITOR]
    assert browser.get("/v1/caller", headers=auditor.headers).json()["roles"] == ["auditor"]
    problem(browser.get("/v1/caller", headers={"Authorization": "Bearer mk_1_2"}), 401)


def test_a_session_needs_a_member(client: TestClient) -> None:
    problem(client.post("/v1/session"), 409)
    problem(client.get("/v1/caller", headers={"Cookie": f"{COOKIE}=nonsense"}), 401)


def test_a_published_draft_stays_published(client: TestClient, people: People) -> None:
    mine, other = people.roles[Role.COMMISSIONER].headers, people.other_commissioner.headers
    made = client.post("/v1/needs", json=NEED, headers={**mine, "Idempotency-Key": "k"})
    assert client.post("/v1/needs", json=NEED, headers={**mine, "Idempotency-Key": "k"}).json() == made.json()
    path = made.headers["location"]
    assert re.fullmatch(r"/v1/needs/care-[0-9a-f]{10}", path)
    problem(client.get(path, headers=other), 404)
    revised = client.put(path, json={**NEED, "value": 5}, headers={**mine, "If-Match": made.headers["etag"]})
    assert revised.status_code == 200
    problem(client.get(path, headers=other), 404)
    for _ in range(2):
        assert client.post(f"{path}/publication", headers=mine).status_code == 204
    assert client.get(path, headers=other).json()["value"] == 5
    problem(client.delete(path, headers=other), 403)
    assert client.delete(path, headers=mine).status_code == 204
    assert client.get("/v1/needs", params={"own": True}, headers=mine).json() == {"needs": []}


def test_the_last_use_of_a_key_is_stored(client: TestClient, people: People) -> None:
    person = people.roles[Role.AUDITOR]
    prefix = person.key.split("_")[1]

    def used() -> bool:
        return next(key.used_at for key in people.keys.all() if key.prefix == prefix) is not None

    assert not used()
    assert client.get("/v1/caller", headers=person.headers).status_code == 200
    client.app.state.service.guard.stop()  # type: ignore[attr-defined]
    assert used()
