"""Requests to every route by every role, for the caller's own, another organisation's, hidden and absent records."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from api.access.permissions import PERMISSIONS, AccessScope, Subject
from matcher.accounts import Role
from matcher.programme.runs import State
from tests.api.support.people import People, Person

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
# How a record can relate to the caller.
OWN, OTHERS, HIDDEN, ABSENT = "own", "others", "hidden", "absent"


@dataclass(frozen=True)
class Served:
    """A service with accounts, and its routes."""

    client: TestClient
    people: People
    routes: dict[str, tuple[str, str]]

    def request(self, route: str, id: str, headers: dict[str, str]) -> Any:
        """Send a request to `route` for the record `id`."""
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

    def id_of(self, route: str, person: Person, relation: str) -> str:
        """Return the id of a new record with this `relation` to `person`."""
        subject, people = PERMISSIONS[route].subject, self.people
        if relation == ABSENT:
            absent = {Subject.DECISION: "d999999", Subject.PROGRAMME: "20260101-00000000"}
            return absent[subject] if subject in absent else people.absent_id()
        if subject is Subject.NEED:
            return people.need(person if relation == OWN else people.other_commissioner, draft=relation != OTHERS)
        if subject is Subject.PROGRAMME:
            return self._programme(route, self._creator("start_programme", person, relation))
        if subject is Subject.DECISION:
            creator = self._creator("keep_decision", person, relation)
            saved = self.client.post("/v1/decisions", json={"text": "steps"}, headers=creator.headers)
            return str(saved.json()["decision"])
        if subject is Subject.REGISTRATION:
            return people.registration(person if relation == OWN else people.other_supplier)
        id = people.profile(person if relation == OWN else people.other_supplier)
        if route in ("read_alert", "remove_alert"):
            self.client.put(f"/v1/profiles/{id}/alert", json={}, headers=people.roles[Role.ADMINISTRATOR].headers)
        return id

    def _creator(self, route: str, person: Person, relation: str) -> Person:
        """Return the person who must create a record through `route` for it to have this `relation` to `person`."""
        creators = [
            self.people.roles[role] for role in Role if PERMISSIONS[route].for_role(role) is not AccessScope.NONE
        ]
        return person if relation == OWN and person in creators else self.people.other_commissioner

    def _programme(self, route: str, creator: Person) -> str:
        """Return the id of a programme in a state in which `route` can be used."""
        started = self.client.post("/v1/programmes", json=BODIES["start_programme"], headers=creator.headers).json()
        state = {"resume_programme": "paused", "pause_programme": "queued", "cancel_programme": "queued"}.get(route)
        job = self.client.app.state.service.programmes.runs.jobs.job(started["id"])  # type: ignore[attr-defined]
        deadline = time.monotonic() + 60
        while not job.progress().state.is_over:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        if state is not None:
            job.save_progress(replace(job.progress(), state=State(state)))
        return str(started["id"])


def routes_of(app: FastAPI) -> dict[str, tuple[str, str]]:
    contexts = iter_route_contexts(app.routes)
    return {str(r.name): (sorted(r.methods - {"HEAD"})[0], str(r.path)) for r in contexts if r.methods}
