"""The role walk: every route × every role, as the table of permissions has it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from api.app import create
from api.permissions import PERMISSIONS, PUBLIC, Permission, Reach, Subject, check
from matcher.accounts import Role
from matcher.errors import MatcherError
from matcher.programme import State
from matcher.settings import Settings
from matcher.store import Store
from tests.api.checks import problem
from tests.api.conftest import fake_engine, wait_until_ready
from tests.api.people import People, Person

PROFILE = {"name": "Steps", "summary": "classes"}
BODIES: dict[str, Any] = {
    "put_profile": PROFILE,
    "put_registration": PROFILE,
    "create_registration": PROFILE,
    "confirm_registration": {},
    "create_need": {"title": "Care"},
    "put_need": {"title": "Care"},
    "put_alert": {},
    "decide_claim": {"grant": True},
    "search": {"text": "steps"},
    "keep_decision": {"text": "steps"},
    "note_decision": {"event": "close"},
    "start_programme": {"name": "Falls", "needs": [{"id": "n", "title": "Falls"}]},
}
_FILE = {"file": ("needs.csv", b"title\nFalls\n")}
FORMS: dict[str, Any] = {
    "upload_programme": {"files": _FILE, "data": {"name": "Falls"}},
    "preview_upload": {"files": _FILE},
}
# Ways in which an id may stand to who asks, and what the reach of a route must make of it; 0 stands for any success.
OWN, OTHERS, HIDDEN, ABSENT = "own", "others", "hidden", "absent"
OUTCOMES: dict[tuple[Subject, Reach], dict[str, int]] = {
    (Subject.PROFILE, Reach.OWN): {OWN: 0, OTHERS: 403, ABSENT: 404},
    (Subject.PROFILE, Reach.ALL): {OWN: 0, OTHERS: 0, ABSENT: 404},
    (Subject.NEED, Reach.OWN): {OWN: 0, OTHERS: 403, HIDDEN: 404, ABSENT: 404},
    (Subject.NEED, Reach.PUBLISHED): {OWN: 0, OTHERS: 0, HIDDEN: 404, ABSENT: 404},
    (Subject.NEED, Reach.ALL): {OWN: 0, OTHERS: 0, HIDDEN: 0, ABSENT: 404},
    (Subject.PROGRAMME, Reach.OWN): {OWN: 0, OTHERS: 404, ABSENT: 404},
    (Subject.PROGRAMME, Reach.ALL): {OWN: 0, OTHERS: 0, ABSENT: 404},
    (Subject.DECISION, Reach.OWN): {OWN: 0, OTHERS: 404, ABSENT: 404},
    (Subject.DECISION, Reach.ALL): {OWN: 0, OTHERS: 0, ABSENT: 404},
    (Subject.REGISTRATION, Reach.OWN): {OWN: 0, OTHERS: 404, ABSENT: 404},
    (Subject.REGISTRATION, Reach.ALL): {OWN: 0, OTHERS: 0, ABSENT: 404},
}


@dataclass(frozen=True)
class Served:
    """A service with accounts, and the routes it has."""

    client: TestClient
    people: People
    routes: dict[str, tuple[str, str]]

    def ask(self, route: str, id: str, headers: dict[str, str]) -> Any:
        """Send the request of a route about `id`."""
        method, path = self.routes[route]
        path = (
            path.replace("{id:record}", id)
            .replace("{id}", id)
            .replace("{slug}", "invalid")
            .replace("{claim_id}", id)
            .replace("{file}", "matches.csv")
        )
        if route in FORMS:
            return self.client.request(method, path, **FORMS[route], headers=headers)
        return self.client.request(method, path, json=BODIES.get(route), headers=headers)

    def id_of(self, route: str, person: Person, way: str) -> str:
        """Return a new id that stands to `person` in the given way."""
        subject, people = PERMISSIONS[route].subject, self.people
        if way == ABSENT:
            absent = {Subject.DECISION: "d999999", Subject.PROGRAMME: "20260101-00000000"}
            return absent[subject] if subject in absent else people.absent_id()
        if subject is Subject.NEED:
            return people.need(person if way == OWN else people.other_commissioner, draft=way != OTHERS)
        if subject is Subject.PROGRAMME:
            return self._programme(route, self._keeper("start_programme", person, way))
        if subject is Subject.DECISION:
            keeper = self._keeper("keep_decision", person, way)
            kept = self.client.post("/v1/decisions", json={"text": "steps"}, headers=keeper.headers)
            return str(kept.json()["decision"])
        if subject is Subject.REGISTRATION:
            return people.registration(person if way == OWN else people.other_supplier)
        id = people.profile(person if way == OWN else people.other_supplier)
        if route in ("read_alert", "remove_alert"):
            self.client.put(f"/v1/profiles/{id}/alert", json={}, headers=people.roles[Role.ADMINISTRATOR].headers)
        return id

    def _keeper(self, route: str, person: Person, way: str) -> Person:
        """Return who is to make something by `route` that stands to `person` in the given way."""
        keepers = [self.people.roles[role] for role in Role if PERMISSIONS[route].of(role) is not Reach.NONE]
        return person if way == OWN and person in keepers else self.people.other_commissioner

    def _programme(self, route: str, keeper: Person) -> str:
        """Return a programme in the state in which `route` can be used."""
        made = self.client.post("/v1/programmes", json=BODIES["start_programme"], headers=keeper.headers).json()
        state = {"resume_programme": "paused", "pause_programme": "queued", "cancel_programme": "queued"}.get(route)
        job = self.client.app.state.service.programmes.runs.jobs.job(made["id"])  # type: ignore[attr-defined]
        deadline = time.monotonic() + 60
        while not job.progress().state.is_over:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        if state is not None:
            job.tell(replace(job.progress(), state=State(state)))
        return str(made["id"])


def routes_of(app: FastAPI) -> dict[str, tuple[str, str]]:
    found = iter_route_contexts(app.routes)
    return {str(r.name): (sorted(r.methods - {"HEAD"})[0], str(r.path)) for r in found if r.methods}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    app = create(Settings(home=tmp_path_factory.mktemp("home"), rate_limit="none"), engine_of=fake_engine)
    with TestClient(app) as client:
        wait_until_ready(client)
        yield Served(client, People(app.state.service.store), routes_of(app))


def test_the_table_has_every_route_and_no_other() -> None:
    names = set(routes_of(create(Settings(), engine_of=fake_engine)))
    assert names == PUBLIC | set(PERMISSIONS)
    assert not PUBLIC & set(PERMISSIONS)


def test_a_route_without_a_row_does_not_start() -> None:
    with pytest.raises(MatcherError, match="no row for: new_route"):
        check([*PUBLIC, *PERMISSIONS, "new_route"])
    with pytest.raises(MatcherError, match="no route: search"):
        check((PUBLIC | set(PERMISSIONS)) - {"search"})


@pytest.mark.parametrize("route", sorted(PUBLIC))
def test_what_is_public_asks_nobody(served: Served, route: str) -> None:
    # No provider is set up, and no sign-in is under way.
    expected = {"begin_sign_in": 404, "end_sign_in": 401}.get(route, 200)
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        assert served.ask(route, "x", headers).status_code == expected


@pytest.mark.parametrize("route", sorted(PERMISSIONS))
def test_nobody_and_spent_keys_are_refused(served: Served, route: str) -> None:
    role = next(role for role in Role if PERMISSIONS[route].of(role) is not Reach.NONE)
    id = served.id_of(route, served.people.roles[role], OWN)
    spent = {name: {"Authorization": f"Bearer {key}"} for name, key in served.people.spent_keys(role).items()}
    others = {"none": {}, "basic": {"Authorization": "Basic eDp5"}, "empty": {"Authorization": ""}}
    for name, headers in {**spent, **others}.items():
        answer = served.ask(route, id, headers)
        found = problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer", name
        assert "errors" not in found


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", sorted(PERMISSIONS))
def test_every_role_at_every_route(served: Served, route: str, role: Role) -> None:
    permission, person = PERMISSIONS[route], served.people.roles[role]
    reach = permission.of(role)
    if reach is Reach.NONE:
        for way in (OWN, OTHERS, ABSENT):
            problem(served.ask(route, served.id_of(route, person, way), person.headers), 403)
    elif permission.subject is None:
        answer = _without_subject(served, route, person)
        assert answer.status_code in (200, 201, 202, 204), answer.text
    else:
        for way, outcome in OUTCOMES[permission.subject, reach].items():
            _check(served, route, person, way, outcome)


def _check(served: Served, route: str, person: Person, way: str, outcome: int) -> None:
    answer = served.ask(route, served.id_of(route, person, way), person.headers)
    if (
        route in ("put_profile", "put_need")
        and way == ABSENT
        and PERMISSIONS[route].of(Role.ADMINISTRATOR) is Reach.ALL
    ):
        outcome = 0 if person == served.people.roles[Role.ADMINISTRATOR] else outcome
        assert (answer.status_code == 201) == (outcome == 0)
    if outcome:
        problem(answer, outcome)
    else:
        assert answer.status_code in (200, 201, 202, 204), f"{route} {way}: {answer.text}"


def _without_subject(served: Served, route: str, person: Person) -> Any:
    if route == "claim_profile":
        return served.ask(route, served.people.profile(None), person.headers)
    if route == "decide_claim":
        profile = served.people.profile(None)
        claim = served.ask("claim_profile", profile, served.people.roles[Role.SUPPLIER].headers).json()
        return served.ask(route, claim["id"], person.headers)
    return served.ask(route, "x", person.headers)


HIDDEN_SUBJECTS = (Subject.NEED, Subject.REGISTRATION, Subject.DECISION, Subject.PROGRAMME)
HIDING = [route for route, permission in PERMISSIONS.items() if permission.subject in HIDDEN_SUBJECTS]


@pytest.mark.parametrize("route", HIDING)
def test_anothers_id_looks_the_same_as_an_absent_one(served: Served, route: str) -> None:
    role = Role.SUPPLIER if PERMISSIONS[route].subject is Subject.REGISTRATION else Role.COMMISSIONER
    person = served.people.roles[role]
    hidden = served.id_of(route, person, HIDDEN)
    answers = []
    for id in (hidden, hidden[:-1] + ("0" if hidden[-1] != "0" else "1")):
        answer = served.ask(route, id, person.headers)
        body = {name: str(value).replace(id, "ID") for name, value in problem(answer, 404).items()}
        headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
        answers.append((body, headers))
    assert answers[0] == answers[1]


def test_a_search_for_anothers_draft_looks_the_same_too(served: Served) -> None:
    hidden = served.people.need(served.people.other_commissioner, draft=True)
    headers = served.people.roles[Role.COMMISSIONER].headers
    answers = [
        problem(served.client.post("/v1/search", json={"need_id": id}, headers=headers), 404, field="need_id")
        for id in (hidden, "z" * len(hidden))
    ]
    assert str(answers[0]).replace(hidden, "ID") == str(answers[1]).replace("z" * len(hidden), "ID")
    seen = served.client.post("/v1/search", json={"need_id": hidden}, headers=served.people.other_commissioner.headers)
    assert seen.status_code == 200


def test_no_list_shows_anothers_draft(served: Served) -> None:
    people = served.people
    hidden = people.need(people.other_commissioner, draft=True)

    def listed(person: Person, **query: Any) -> set[str]:
        answer = served.client.get("/v1/needs", params={"limit": 500, **query}, headers=person.headers)
        return {need["id"] for need in answer.json()["needs"]}

    for role in (Role.SUPPLIER, Role.COMMISSIONER, Role.PROGRAMME):
        assert hidden not in listed(people.roles[role])
    for person in (people.other_commissioner, people.roles[Role.AUDITOR], people.roles[Role.ADMINISTRATOR]):
        assert hidden in listed(person)
    assert hidden in listed(people.other_commissioner, own=True)
    assert hidden in listed(people.other_commissioner, draft=True)
    assert hidden not in listed(people.other_commissioner, draft=False)
    assert hidden not in listed(people.roles[Role.COMMISSIONER], draft=True)
    assert hidden not in listed(people.roles[Role.ADMINISTRATOR], own=True)


def test_a_list_of_decisions_shows_ones_own(served: Served) -> None:
    people = served.people
    mine, theirs = people.roles[Role.COMMISSIONER], people.other_commissioner
    kept = {
        served.client.post("/v1/decisions", json={"text": "steps"}, headers=keeper.headers).json()["decision"]: keeper
        for keeper in (mine, theirs, mine)
    }

    def listed(person: Person) -> set[str]:
        answer = served.client.get("/v1/decisions", params={"limit": 200}, headers=person.headers)
        return {decision["decision"] for decision in answer.json()["decisions"]} & set(kept)

    for person in (mine, theirs):
        assert listed(person) == {decision for decision, keeper in kept.items() if keeper is person}
    assert listed(people.roles[Role.PROGRAMME]) == set()
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        assert listed(people.roles[role]) == set(kept)


def test_a_key_is_asked_for_before_anything_of_the_request_is_looked_at(served: Served) -> None:
    for body, headers in ((b"{", {"content-type": "application/json"}), (b"x", {"content-type": "text/plain"})):
        problem(served.client.put("/v1/profiles/a", content=body, headers=headers), 401)
        refused = {**headers, **served.people.roles[Role.AUDITOR].headers}
        problem(served.client.put("/v1/profiles/a", content=body, headers=refused), 403)


def test_auditors_read_everything_and_change_nothing(served: Served) -> None:
    for route, permission in PERMISSIONS.items():
        method, _ = served.routes[route]
        changes = method != "GET" and route not in ("search", "begin_session", "end_session")
        assert permission.auditor is (Reach.NONE if changes else Reach.ALL), route


def test_the_widest_of_several_roles_counts() -> None:
    from matcher.accounts import Caller

    both = Caller(frozenset({Role.AUDITOR, Role.COMMISSIONER}))
    row: Permission = PERMISSIONS["read_need"]
    assert row.reach(both) is Reach.ALL
    assert PERMISSIONS["put_need"].reach(both) is Reach.OWN
    assert PERMISSIONS["put_profile"].reach(both) is Reach.NONE
    assert row.reach(Caller(frozenset())) is Reach.NONE


def test_the_store_is_not_changed_by_what_is_refused(served: Served) -> None:
    store: Store = served.people.store
    before = store.sequence()
    id = served.people.profile(served.people.other_supplier)
    for route in ("put_profile", "withdraw_profile"):
        for role in (Role.SUPPLIER, Role.COMMISSIONER, Role.PROGRAMME, Role.AUDITOR):
            assert served.ask(route, id, served.people.roles[role].headers).status_code == 403
    assert store.sequence() == before + 1
