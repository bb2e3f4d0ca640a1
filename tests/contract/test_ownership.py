"""Owners, claims and idempotency keys on every kind of database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from matcher.accounts import Accounts, Claims, ClaimState, CreatedRecord, IdempotencyKeys, OrganisationKind, Ownership
from matcher.accounts.secrets import make_record_id
from matcher.foundations.errors import Conflict, InvalidInput, NotFound
from matcher.records import Identifiers, Profile
from matcher.store import RecordKind, Store
from tests.support.accounts import member_of


def test_ownership(store: Store) -> None:
    member_of(store, "a")
    member_of(store, "b")
    ownership = Ownership(store.database)
    need = RecordKind.NEED
    assert ownership.of(need, "n") is None
    ownership.assign(need, "n", "a", draft=True)
    ownership.assign(need, "m", "b")
    ownership.assign(need, "o", None, draft=True)
    ownership.assign(RecordKind.PROFILE, "n", "b")
    record = ownership.of(need, "n")
    assert record is not None
    assert (record.organisation_id, record.draft) == ("a", True)
    assert ownership.owned_by(need, "a") == {"n"}
    assert ownership.owned_by(need, None) == {"o"}
    assert ownership.drafts(need) == {"n", "o"}
    assert ownership.hidden_from(need, "a") == {"o"}
    assert ownership.hidden_from(need, "b") == {"n", "o"}
    assert ownership.hidden_from(need, None) == {"n", "o"}, "a caller without an organisation sees no draft"
    ownership.publish(need, "n")
    ownership.publish(need, "absent")
    assert ownership.drafts(need) == {"o"}
    ownership.assign(need, "n", "b")
    assert ownership.owned_by(need, "b") == {"m", "n"}


def test_ownership_and_revision_are_one_transaction(store: Store) -> None:
    ownership = Ownership(store.database)
    with pytest.raises(RuntimeError), store.writing() as writer:
        writer.put(Profile(id="p", name="Steps"))
        ownership.assign(RecordKind.PROFILE, "p", None)
        raise RuntimeError
    assert ownership.of(RecordKind.PROFILE, "p") is None
    assert store.sequence() == 0


def test_claims(store: Store) -> None:
    member_of(store, "a")
    accounts = Accounts(store.database)
    accounts.add_organisation("b", name="B", kind=OrganisationKind.SUPPLIER, company="02324869")
    claims, ownership = Claims(store), Ownership(store.database)
    profile = Profile(id="p", name="Steps", identifiers=Identifiers(charity="1000003"))
    verified = claims.submit(profile, accounts.organisation("a"))
    assert verified.state is ClaimState.GRANTED
    assert ownership.owned_by(RecordKind.PROFILE, "a") == {"p"}
    with pytest.raises(Conflict):
        claims.submit(profile, accounts.organisation("b"))

    other = Profile(id="q", name="Paces", identifiers=Identifiers(charity="1000004"))
    waiting = [claims.submit(other, accounts.organisation(id)) for id in ("a", "b")]
    assert [claim.state for claim in waiting] == [ClaimState.WAITING] * 2
    assert claims.submit(other, accounts.organisation("b")) == waiting[1]
    assert claims.on_profile("q") == waiting
    assert claims.by_organisation("b") == waiting[1:]
    refused = claims.decide(waiting[0].id, grant=False, by="member-1")
    assert (refused.state, refused.decided_by) == (ClaimState.REFUSED, "member-1")
    assert claims.decide(waiting[0].id, grant=False, by=None) == refused
    with pytest.raises(Conflict):
        claims.decide(waiting[0].id, grant=True, by=None)
    assert claims.decide(waiting[1].id, grant=True, by=None).state is ClaimState.GRANTED
    assert ownership.owned_by(RecordKind.PROFILE, "b") == {"q"}
    with pytest.raises(NotFound):
        claims.decide("absent", grant=True, by=None)


def test_a_claim_is_not_granted_if_the_profile_has_an_owner_by_then(store: Store) -> None:
    member_of(store, "a")
    accounts, claims = Accounts(store.database), Claims(store)
    waiting = claims.submit(Profile(id="q", name="Paces"), accounts.organisation("a"))
    accounts.add_organisation("b", name="B", kind=OrganisationKind.SUPPLIER)
    Ownership(store.database).assign(RecordKind.PROFILE, "q", "b")
    with pytest.raises(Conflict):
        claims.decide(waiting.id, grant=True, by=None)
    assert claims.decide(waiting.id, grant=False, by=None).state is ClaimState.REFUSED


def test_only_one_of_several_concurrent_claims_is_granted(store: Store) -> None:
    accounts, claims = Accounts(store.database), Claims(store)
    profile = Profile(id="p", name="Steps", identifiers=Identifiers(charity="1000003"))
    for number in range(6):
        accounts.add_organisation(f"o{number}", name="O", kind=OrganisationKind.SUPPLIER, charity="1000003")

    def claim(number: int) -> bool:
        try:
            return claims.submit(profile, accounts.organisation(f"o{number}")).state is ClaimState.GRANTED
        except Conflict:
            return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(claim, range(6))) == 1


def test_only_one_of_several_concurrent_requests_creates(store: Store) -> None:
    keys, created = IdempotencyKeys(store.database), count()

    def create(_: int) -> int:
        with store.writing():
            return int(keys.run_once("a", "k", {}, lambda: CreatedRecord("n", next(created))).sequence or 0)

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(create, range(12))) == {0}


def test_a_repeated_request_creates_once(store: Store) -> None:
    keys = IdempotencyKeys(store.database)
    created: list[int] = []

    def create() -> CreatedRecord:
        created.append(len(created))
        return CreatedRecord("n", created[-1])

    first = keys.run_once("a", "k", {"x": 1, "y": 2}, create)
    assert keys.run_once("a", "k", {"y": 2, "x": 1}, create) == first
    with pytest.raises(InvalidInput, match="different request"):
        keys.run_once("a", "k", {"x": 2}, create)
    assert keys.run_once("b", "k", {"x": 2}, create) == CreatedRecord("n", 1)
    assert keys.run_once(None, "k", {"x": 2}, create) == CreatedRecord("n", 2)
    assert keys.run_once("a", None, {"x": 1}, create) == CreatedRecord("n", 3)
    assert created == [0, 1, 2, 3]


def test_a_request_that_failed_can_be_repeated(store: Store) -> None:
    keys = IdempotencyKeys(store.database)

    def fail() -> CreatedRecord:
        raise Conflict("no", remedy="")

    with pytest.raises(Conflict):
        keys.run_once("a", "k", {}, fail)
    assert keys.run_once("a", "k", {}, lambda: CreatedRecord("n")) == CreatedRecord("n")


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("Steady Steps Ltd.", "steady-steps-ltd-"),
        ("Ωμέγα", "x-"),
        ("Café & Co", "cafe-co-"),
        ("a" * 500, "a" * 60 + "-"),
    ],
)
def test_ids_begin_with_the_name(name: str, begins: str) -> None:
    created = {make_record_id(name, "x") for _ in range(20)}
    assert len(created) == 20
    assert all(id.startswith(begins) and len(id) == len(begins) + 10 for id in created)
