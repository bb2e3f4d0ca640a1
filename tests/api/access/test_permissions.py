"""Every role on every route, compared with the table of permissions."""

from __future__ import annotations

from typing import Any

import pytest

from api.access.permissions import PERMISSIONS, PUBLIC, AccessScope, Permission, Subject, check
from api.app import create
from matcher.accounts import Role
from matcher.foundations.errors import MatcherError
from matcher.foundations.settings import Settings
from matcher.store import Store
from tests.api.conftest import fake_engine
from tests.api.support.checks import problem
from tests.api.support.people import Person
from tests.api.support.served import ABSENT, HIDDEN, OTHERS, OWN, Served, routes_of

# The expected status for each scope and for each relation of a record to the caller. 0 means any success status.
OUTCOMES: dict[tuple[Subject, AccessScope], dict[str, int]] = {
    (Subject.PROFILE, AccessScope.OWN): {OWN: 0, OTHERS: 403, ABSENT: 404},
    (Subject.PROFILE, AccessScope.ALL): {OWN: 0, OTHERS: 0, ABSENT: 404},
    (Subject.NEED, AccessScope.OWN): {OWN: 0, OTHERS: 403, HIDDEN: 404, ABSENT: 404},
    (Subject.NEED, AccessScope.PUBLISHED): {OWN: 0, OTHERS: 0, HIDDEN: 404, ABSENT: 404},
    (Subject.NEED, AccessScope.ALL): {OWN: 0, OTHERS: 0, HIDDEN: 0, ABSENT: 404},
    (Subject.PROGRAMME, AccessScope.OWN): {OWN: 0, OTHERS: 404, ABSENT: 404},
    (Subject.PROGRAMME, AccessScope.ALL): {OWN: 0, OTHERS: 0, ABSENT: 404},
    (Subject.DECISION, AccessScope.OWN): {OWN: 0, OTHERS: 404, ABSENT: 404},
    (Subject.DECISION, AccessScope.ALL): {OWN: 0, OTHERS: 0, ABSENT: 404},
    (Subject.REGISTRATION, AccessScope.OWN): {OWN: 0, OTHERS: 404, ABSENT: 404},
    (Subject.REGISTRATION, AccessScope.ALL): {OWN: 0, OTHERS: 0, ABSENT: 404},
}


def test_the_table_has_a_row_for_every_route_and_no_other() -> None:
    names = set(routes_of(create(Settings(), engine_of=fake_engine)))
    assert names == PUBLIC | set(PERMISSIONS)
    assert not PUBLIC & set(PERMISSIONS)


def test_the_table_must_match_the_routes() -> None:
    with pytest.raises(MatcherError, match="no row for: new_route"):
        check([*PUBLIC, *PERMISSIONS, "new_route"])
    with pytest.raises(MatcherError, match="without a route: search"):
        check((PUBLIC | set(PERMISSIONS)) - {"search"})


@pytest.mark.parametrize("route", sorted(PUBLIC))
def test_public_routes_need_no_key(served: Served, route: str) -> None:
    # No provider is set up, and no sign-in has started.
    expected = {"begin_sign_in": 404, "end_sign_in": 401}.get(route, 200)
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        assert served.request(route, "x", headers).status_code == expected


@pytest.mark.parametrize("route", sorted(PERMISSIONS))
def test_missing_and_invalid_keys_are_refused(served: Served, route: str) -> None:
    role = next(role for role in Role if PERMISSIONS[route].for_role(role) is not AccessScope.NONE)
    id = served.id_of(route, served.people.roles[role], OWN)
    spent = {name: {"Authorization": f"Bearer {key}"} for name, key in served.people.invalid_keys(role).items()}
    others = {"none": {}, "basic": {"Authorization": "Basic eDp5"}, "empty": {"Authorization": ""}}
    for name, headers in {**spent, **others}.items():
        answer = served.request(route, id, headers)
        body = problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer", name
        assert "errors" not in body


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", sorted(PERMISSIONS))
def test_every_role_on_every_route(served: Served, route: str, role: Role) -> None:
    permission, person = PERMISSIONS[route], served.people.roles[role]
    reach = permission.for_role(role)
    if reach is AccessScope.NONE:
        for relation in (OWN, OTHERS, ABSENT):
            problem(served.request(route, served.id_of(route, person, relation), person.headers), 403)
    elif permission.subject is None:
        answer = _without_subject(served, route, person)
        assert answer.status_code in (200, 201, 202, 204), answer.text
    else:
        for relation, outcome in OUTCOMES[permission.subject, reach].items():
            _check(served, route, person, relation, outcome)


def _check(served: Served, route: str, person: Person, relation: str, outcome: int) -> None:
    answer = served.request(route, served.id_of(route, person, relation), person.headers)
    if (
        route in ("put_profile", "put_need")
        and relation == ABSENT
        and PERMISSIONS[route].for_role(Role.ADMINISTRATOR) is AccessScope.ALL
    ):
        outcome = 0 if person == served.people.roles[Role.ADMINISTRATOR] else outcome
        assert (answer.status_code == 201) == (outcome == 0)
    if outcome:
        problem(answer, outcome)
    else:
        assert answer.status_code in (200, 201, 202, 204), f"{route} {relation}: {answer.text}"


def _without_subject(served: Served, route: str, person: Person) -> Any:
    if route == "claim_profile":
        return served.request(route, served.people.profile(None), person.headers)
    if route == "decide_claim":
        profile = served.people.profile(None)
        claim = served.request("claim_profile", profile, served.people.roles[Role.SUPPLIER].headers).json()
        return served.request(route, claim["id"], person.headers)
    if route == "redact_words":
        words = {"kind": "need", "id": served.people.need(None, draft=False), "passage": "falls"}
        return served.client.post("/v1/ledger/redactions", json=words, headers=person.headers)
    return served.request(route, "x", person.headers)


def test_permission_is_checked_before_the_body_is_read(served: Served) -> None:
    for body, headers in ((b"{", {"content-type": "application/json"}), (b"x", {"content-type": "text/plain"})):
        problem(served.client.put("/v1/profiles/a", content=body, headers=headers), 401)
        refused = {**headers, **served.people.roles[Role.AUDITOR].headers}
        problem(served.client.put("/v1/profiles/a", content=body, headers=refused), 403)


def test_auditors_read_everything_and_change_nothing(served: Served) -> None:
    for route, permission in PERMISSIONS.items():
        method, _ = served.routes[route]
        changes = method != "GET" and route not in ("search", "begin_session", "end_session")
        assert permission.auditor is (AccessScope.NONE if changes else AccessScope.ALL), route


def test_the_widest_scope_of_several_roles_counts() -> None:
    from matcher.accounts import Caller

    both = Caller(frozenset({Role.AUDITOR, Role.COMMISSIONER}))
    row: Permission = PERMISSIONS["read_need"]
    assert row.for_caller(both) is AccessScope.ALL
    assert PERMISSIONS["put_need"].for_caller(both) is AccessScope.OWN
    assert PERMISSIONS["put_profile"].for_caller(both) is AccessScope.NONE
    assert row.for_caller(Caller(frozenset())) is AccessScope.NONE


def test_a_refused_request_does_not_change_the_store(served: Served) -> None:
    store: Store = served.people.store
    before = store.sequence()
    id = served.people.profile(served.people.other_supplier)
    for route in ("put_profile", "withdraw_profile"):
        for role in (Role.SUPPLIER, Role.COMMISSIONER, Role.PROGRAMME, Role.AUDITOR):
            assert served.request(route, id, served.people.roles[role].headers).status_code == 403
    assert store.sequence() == before + 1
