"""Records that a caller must not know about appear not to exist, whether requested by id or listed."""

from __future__ import annotations

from typing import Any

import pytest

from api.access.permissions import PERMISSIONS, Subject
from matcher.accounts import Role
from tests.api.support.checks import problem
from tests.api.support.people import Person
from tests.api.support.served import HIDDEN, Served

HIDDEN_SUBJECTS = (Subject.NEED, Subject.REGISTRATION, Subject.DECISION, Subject.PROGRAMME)
HIDING = [route for route, permission in PERMISSIONS.items() if permission.subject in HIDDEN_SUBJECTS]


@pytest.mark.parametrize("route", HIDING)
def test_a_hidden_record_looks_like_an_absent_one(served: Served, route: str) -> None:
    role = Role.SUPPLIER if PERMISSIONS[route].subject is Subject.REGISTRATION else Role.COMMISSIONER
    person = served.people.roles[role]
    hidden = served.id_of(route, person, HIDDEN)
    answers = []
    for id in (hidden, hidden[:-1] + ("0" if hidden[-1] != "0" else "1")):
        answer = served.request(route, id, person.headers)
        body = {name: str(value).replace(id, "ID") for name, value in problem(answer, 404).items()}
        headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
        answers.append((body, headers))
    assert answers[0] == answers[1]


def test_a_search_for_a_hidden_need_looks_like_one_for_an_absent_need(served: Served) -> None:
    hidden = served.people.need(served.people.other_commissioner, draft=True)
    headers = served.people.roles[Role.COMMISSIONER].headers
    answers = [
        problem(served.client.post("/v1/search", json={"need_id": id}, headers=headers), 404, field="need_id")
        for id in (hidden, "z" * len(hidden))
    ]
    assert str(answers[0]).replace(hidden, "ID") == str(answers[1]).replace("z" * len(hidden), "ID")
    seen = served.client.post("/v1/search", json={"need_id": hidden}, headers=served.people.other_commissioner.headers)
    assert seen.status_code == 200


def test_lists_omit_drafts_of_other_organisations(served: Served) -> None:
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


def test_the_list_of_decisions_shows_those_of_the_organisation(served: Served) -> None:
    people = served.people
    mine, theirs = people.roles[Role.COMMISSIONER], people.other_commissioner
    owners = {
        served.client.post("/v1/decisions", json={"text": "steps"}, headers=person.headers).json()["decision"]: person
        for person in (mine, theirs, mine)
    }

    def listed(person: Person) -> set[str]:
        answer = served.client.get("/v1/decisions", params={"limit": 200}, headers=person.headers)
        return {decision["decision"] for decision in answer.json()["decisions"]} & set(owners)

    for person in (mine, theirs):
        assert listed(person) == {decision for decision, owner in owners.items() if owner is person}
    assert listed(people.roles[Role.PROGRAMME]) == set()
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        assert listed(people.roles[role]) == set(owners)
