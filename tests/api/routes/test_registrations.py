"""How a supplier registers: draft, preview, confirmation, and claims of existing profiles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.openapi.examples import CONTACT, NEW_PROFILE
from matcher.accounts import Role
from matcher.records import Contact, Identifiers, Profile
from matcher.store import RecordKind, Store
from tests.api.support.checks import problem
from tests.api.support.people import People, Person

ROUTE = "/v1/registrations"


@pytest.fixture
def people(register: Store) -> People:
    return People(register)


@pytest.fixture
def supplier(people: People) -> Person:
    return people.roles[Role.SUPPLIER]


@pytest.fixture
def signed_in(client: TestClient, supplier: Person) -> Iterator[TestClient]:
    """A client that sends the key of `supplier`."""
    client.headers.update(supplier.headers)
    yield client
    for name in supplier.headers:
        del client.headers[name]


def start_registration(client: TestClient, **change: Any) -> tuple[str, dict[str, Any]]:
    answer = client.post(ROUTE, json={**NEW_PROFILE, **change})
    assert answer.status_code == 201, answer.text
    draft: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{ROUTE}/{draft['profile']['id']}"
    return draft["profile"]["id"], draft


def search_ids(client: TestClient, text: str) -> list[str]:
    answer = client.post("/v1/search", json={"text": text})
    return [match["profile_id"] for match in answer.json()["results"]]


def test_a_confirmed_draft_becomes_a_searchable_profile(
    signed_in: TestClient, register: Store, people: People, supplier: Person
) -> None:
    id, draft = start_registration(signed_in, summary="", capabilities=[])
    assert id.startswith("steady-steps-")
    assert draft["contact_kept"]
    assert CONTACT["email"] not in json.dumps(draft)
    assert not draft["completeness"]["can_be_confirmed"]
    assert draft["completeness"]["missing"][0]["field"] == "capabilities"
    assert draft["completeness"]["missing"][0]["required"]
    assert register.sequence() == 0
    assert search_ids(signed_in, "steady steps") == []
    problem(signed_in.get(f"/v1/profiles/{id}"), 404)
    problem(signed_in.post(f"{ROUTE}/{id}/confirmation", json={}), 422, field="capabilities")

    body = {name: value for name, value in NEW_PROFILE.items() if name != "contact"}
    revised = signed_in.put(f"{ROUTE}/{id}", json=body, headers={"If-Match": '"1"'})
    assert revised.headers["etag"] == '"2"'
    problem(signed_in.put(f"{ROUTE}/{id}", json=body, headers={"If-Match": '"1"'}), 412)
    assert revised.json()["completeness"]["can_be_confirmed"]
    assert signed_in.get(f"{ROUTE}/{id}").json() == revised.json()
    preview = signed_in.get(f"{ROUTE}/{id}/preview").json()
    body |= {"identifiers": {**NEW_PROFILE["identifiers"], "further_charity_numbers": []}}
    assert preview["profile"] == {**body, "id": id}
    assert [quote["source"] for quote in preview["quotes"]][:2] == ["name", "summary"]

    confirmed = signed_in.post(f"{ROUTE}/{id}/confirmation", json={})
    assert (confirmed.status_code, confirmed.headers["location"]) == (201, f"/v1/profiles/{id}")
    assert confirmed.json() == {**body, "id": id}
    assert search_ids(signed_in, "strength and balance") == [id]
    assert signed_in.get(ROUTE).json() == {"registrations": []}
    problem(signed_in.get(f"{ROUTE}/{id}"), 404)
    assert register.contact(id) == Contact(**CONTACT)
    owning = people.ownership.of(RecordKind.PROFILE, id)
    assert owning is not None
    assert owning.organisation_id == supplier.organisation_id
    assert register.history(RecordKind.PROFILE, id)[0].source == "registration"


def test_the_owner_edits_exports_erases_and_withdraws(signed_in: TestClient, register: Store, supplier: Person) -> None:
    id, _ = start_registration(signed_in)
    tag = signed_in.post(f"{ROUTE}/{id}/confirmation", json={}).headers["etag"]
    path = f"/v1/profiles/{id}"
    body = {**NEW_PROFILE, "employees": 15}
    del body["contact"]
    assert signed_in.put(path, json=body, headers={"If-Match": tag}).status_code == 200
    assert signed_in.put(f"{path}/alert", json={"band": "strong"}).status_code == 200
    missing = signed_in.get(f"{path}/completeness").json()["missing"]
    assert [item["field"] for item in missing] == ["summary"]

    export = signed_in.get(f"{path}/export").json()
    assert export["contact"] == CONTACT
    assert export["organisation_id"] == supplier.organisation_id
    assert [revision["profile"]["employees"] for revision in export["revisions"]] == [14, 15]
    assert export["alert"]["band"] == "strong"
    assert export["profile"]["employees"] == 15

    assert signed_in.delete(f"{path}/contact").status_code == 204
    assert register.contact(id) is None
    assert "contact" not in signed_in.get(f"{path}/export").json()
    assert signed_in.delete(path).status_code == 204
    assert search_ids(signed_in, "strength and balance") == []
    after = signed_in.get(f"{path}/export").json()
    assert "profile" not in after
    assert [revision["withdrawn"] for revision in after["revisions"]] == [False, False, True]
    assert signed_in.put(path, json=body).status_code == 201, "a withdrawn profile can be stored again"


def test_a_discarded_registration_is_removed_from_the_database_file(signed_in: TestClient, register: Store) -> None:
    id, _ = start_registration(signed_in)
    assert signed_in.delete(f"{ROUTE}/{id}").status_code == 204
    problem(signed_in.delete(f"{ROUTE}/{id}"), 404)
    assert register.sequence() == 0
    files = [file for file in _database_files(register) if CONTACT["email"].encode() in file]
    assert files == []


def _database_files(register: Store) -> list[bytes]:
    from pathlib import Path

    home = Path(register.url.removeprefix("sqlite:///")).parent
    return [file.read_bytes() for file in home.glob("register*")]


def test_a_repeated_creation_happens_once(signed_in: TestClient, client: TestClient, people: People) -> None:
    headers = {"Idempotency-Key": "k 1"}
    first = signed_in.post(ROUTE, json=NEW_PROFILE, headers=headers)
    again = signed_in.post(ROUTE, json=dict(reversed(NEW_PROFILE.items())), headers=headers)
    assert again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert len(signed_in.get(ROUTE).json()["registrations"]) == 1
    problem(signed_in.post(ROUTE, json={"name": "Other"}, headers=headers), 422, field="idempotency-key")
    other = {**people.other_supplier.headers, **headers}
    assert client.post(ROUTE, json={"name": "Other"}, headers=other).status_code == 201, (
        "each organisation has its own idempotency keys"
    )
    problem(
        signed_in.post(ROUTE, json=NEW_PROFILE, headers={"Idempotency-Key": "x" * 256}), 422, field="idempotency-key"
    )

    id = first.json()["profile"]["id"]
    confirmed = [
        signed_in.post(f"{ROUTE}/{id}/confirmation", json={}, headers={"Idempotency-Key": "k 2"}) for _ in range(2)
    ]
    assert confirmed[0].status_code == confirmed[1].status_code == 201
    assert confirmed[0].headers["etag"] == confirmed[1].headers["etag"]
    problem(signed_in.post(f"{ROUTE}/{id}/confirmation", json={}), 404)


def test_of_concurrent_creations_with_one_key_one_creates(signed_in: TestClient) -> None:
    def create(_: int) -> str:
        answer = signed_in.post(ROUTE, json=NEW_PROFILE, headers={"Idempotency-Key": "k"})
        return str(answer.json()["profile"]["id"])

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(create, range(8)))) == 1
    assert len(signed_in.get(ROUTE).json()["registrations"]) == 1


def public_profile(register: Store, **change: Any) -> str:
    profile = {"id": "GB-CHC-1000003", "name": "STEADY STEPS LIMITED", "identifiers": Identifiers(charity="1000003")}
    with register.writing() as writer:
        writer.put(Profile(**{**profile, **change}))
    return str(profile["id"])


def test_a_profile_from_a_public_register_is_claimed_not_duplicated(
    signed_in: TestClient, register: Store, client: TestClient, people: People
) -> None:
    public = public_profile(register)
    id, draft = start_registration(signed_in)
    assert draft["similar"] == [{"profile_id": public, "name": "STEADY STEPS LIMITED", "likeness": "identifier"}]
    refused = problem(signed_in.post(f"{ROUTE}/{id}/confirmation", json={"distinct_from": [public]}), 409)
    assert public in refused["detail"]
    assert f"/v1/profiles/{public}/claim" in refused["remedy"]
    problem(signed_in.put(f"/v1/profiles/{public}", json=NEW_PROFILE), 403)

    claim = signed_in.post(f"/v1/profiles/{public}/claim").json()
    assert claim["state"] == "waiting"
    assert signed_in.post(f"/v1/profiles/{public}/claim").json() == claim
    assert signed_in.get("/v1/claims").json() == {"claims": [claim]}
    problem(signed_in.put(f"/v1/profiles/{public}", json=NEW_PROFILE), 403)
    administrator = people.roles[Role.ADMINISTRATOR].headers
    decision = f"/v1/claims/{claim['id']}/decision"
    granted = client.post(decision, json={"grant": True}, headers=administrator).json()
    assert (granted["state"], granted["decided_by"]) == ("granted", people.roles[Role.ADMINISTRATOR].member_id)
    problem(client.post(decision, json={"grant": False}, headers=administrator), 409)
    assert signed_in.put(f"/v1/profiles/{public}", json=NEW_PROFILE).status_code == 200
    assert register.counts()["profiles"] == 1


def test_a_checked_number_grants_a_claim_immediately(client: TestClient, register: Store, people: People) -> None:
    public = public_profile(register)
    known = people.person(Role.SUPPLIER, charity="1000003")
    claim = client.post(f"/v1/profiles/{public}/claim", headers=known.headers).json()
    assert (claim["state"], "decided_by" in claim and claim["decided_by"]) == ("granted", None)
    assert client.put(f"/v1/profiles/{public}", json={"name": "Steps"}, headers=known.headers).status_code == 200
    taken = problem(client.post(f"/v1/profiles/{public}/claim", headers=people.other_supplier.headers), 409)
    assert "another organisation" in taken["detail"]
    problem(client.post(f"/v1/profiles/{public}/claim", headers=known.headers), 409)
    problem(client.post("/v1/profiles/absent/claim", headers=known.headers), 404)


def test_a_profile_with_the_same_name_must_be_ruled_out(signed_in: TestClient, register: Store) -> None:
    public = public_profile(register, identifiers=Identifiers(company="02324869"))
    id, draft = start_registration(signed_in)
    assert [(similar["profile_id"], similar["likeness"]) for similar in draft["similar"]] == [(public, "name")]
    problem(signed_in.post(f"{ROUTE}/{id}/confirmation", json={}), 409)
    problem(signed_in.post(f"{ROUTE}/{id}/confirmation", json={"distinct_from": ["other"]}), 409)
    assert signed_in.post(f"{ROUTE}/{id}/confirmation", json={"distinct_from": [public]}).status_code == 201


def test_an_owner_cannot_add_the_number_of_another_profile(signed_in: TestClient, register: Store) -> None:
    id, _ = start_registration(signed_in, identifiers={"charity": "1000004"})
    assert signed_in.post(f"{ROUTE}/{id}/confirmation", json={}).status_code == 201
    public_profile(register, name="Another")
    body = {name: value for name, value in NEW_PROFILE.items() if name != "contact"}
    problem(signed_in.put(f"/v1/profiles/{id}", json=body), 409)


def test_of_concurrent_confirmations_of_one_number_one_wins(client: TestClient, people: People) -> None:
    suppliers = [people.person(Role.SUPPLIER) for _ in range(6)]
    ids = [client.post(ROUTE, json=NEW_PROFILE, headers=person.headers).json()["profile"]["id"] for person in suppliers]

    def confirm(number: int) -> int:
        path = f"{ROUTE}/{ids[number]}/confirmation"
        return client.post(path, json={}, headers=suppliers[number].headers).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(confirm, range(6))) == [201] + [409] * 5


def test_the_service_chooses_the_id(signed_in: TestClient) -> None:
    problem(signed_in.post(ROUTE, json={**NEW_PROFILE, "id": "mine"}), 422, field="id")
    problem(signed_in.post(ROUTE, json={}), 422, field="name")
    wrong = {"name": "Steps", "identifiers": {"charity": "x"}}
    problem(signed_in.post(ROUTE, json=wrong), 422, field="identifiers.charity")
    assert start_registration(signed_in, name="Ωμέγα")[0].startswith("supplier-")


def test_without_accounts_the_operator_can_register(client: TestClient) -> None:
    id, _ = start_registration(client)
    assert client.post(f"{ROUTE}/{id}/confirmation", json={}).status_code == 201
    assert client.get("/v1/caller").json() == {"roles": ["administrator"]}


def test_opportunities_are_open_published_needs(signed_in: TestClient, client: TestClient, people: People) -> None:
    id, _ = start_registration(signed_in)
    assert signed_in.post(f"{ROUTE}/{id}/confirmation", json={}).status_code == 201
    commissioner = people.roles[Role.COMMISSIONER].headers
    need = {"title": "Strength and balance", "description": "Classes for older people", "closes": "2999-01-01"}
    made = client.post("/v1/needs", json=need, headers=commissioner)
    path = made.headers["location"]

    def opportunities() -> list[dict[str, Any]]:
        answer = signed_in.get(f"/v1/profiles/{id}/opportunities")
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    assert opportunities() == []
    assert client.post(f"{path}/publication", headers=commissioner).status_code == 204
    (opportunity,) = opportunities()
    search = {"need_id": made.json()["id"]}
    (match,) = client.post("/v1/search", json=search, headers=commissioner).json()["results"]
    for name in ("score", "probability", "band", "reasons", "contributions", "evidence"):
        assert opportunity[name] == match[name]
    assert client.put(path, json={**need, "closes": "2020-01-01"}, headers=commissioner).status_code == 200
    assert opportunities() == []
    problem(signed_in.get(f"/v1/profiles/{id}/opportunities", params={"top": 0}), 422, field="top")
