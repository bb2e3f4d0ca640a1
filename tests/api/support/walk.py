"""The walk through a service: each route asked of by each role, about ids that are theirs, others' or nobody's."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from api.access.permissions import PERMISSIONS, AccessScope, Subject
from matcher.accounts import Role
from matcher.programme import State
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
# Ways in which an id may stand to who asks.
OWN, OTHERS, HIDDEN, ABSENT = "own", "others", "hidden", "absent"


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
        keepers = [
            self.people.roles[role] for role in Role if PERMISSIONS[route].for_role(role) is not AccessScope.NONE
        ]
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
