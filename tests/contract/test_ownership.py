"""Whose a record is, on every kind of database: owners, claims, and idempotency_keys that happen once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from matcher.accounts import Accounts, Claims, ClaimState, IdempotencyKeys, OrganisationKind, Ownership
from matcher.accounts.secrets import make_record_id
from matcher.foundations.errors import Conflict, InvalidInput, NotFound
from matcher.records import Identifiers, Profile
from matcher.store import RecordKind, Store
from tests.support.accounts import member_of


def test_ownership(store: Store) -> None:
    member_of(store, "a")
    member_of(store, "b")
    owned = Ownership(store.database)
    need = RecordKind.NEED
    assert owned.of(need, "n") is None
    owned.assign(need, "n", "a", draft=True)
    owned.assign(need, "m", "b")
    owned.assign(need, "o", None, draft=True)
    owned.assign(RecordKind.PROFILE, "n", "b")
    found = owned.of(need, "n")
    assert found is not None
    assert (found.organisation_id, found.draft) == ("a", True)
    assert owned.owned_by(need, "a") == {"n"}
    assert owned.owned_by(need, None) == {"o"}
    assert owned.drafts(need) == {"n", "o"}
    assert owned.hidden_from(need, "a") == {"o"}
    assert owned.hidden_from(need, "b") == {"n", "o"}
    assert owned.hidden_from(need, None) == {"n", "o"}, "whoever has no organisation sees no draft"
    owned.publish(need, "n")
    owned.publish(need, "absent")
    assert owned.drafts(need) == {"o"}
    owned.assign(need, "n", "b")
    assert owned.owned_by(need, "b") == {"m", "n"}


def test_ownership_and_revision_are_one_transaction(store: Store) -> None:
    owned = Ownership(store.database)
    with pytest.raises(RuntimeError), store.writing() as writer:
        writer.put(Profile(id="p", name="Steps"))
        owned.assign(RecordKind.PROFILE, "p", None)
        raise RuntimeError
    assert owned.of(RecordKind.PROFILE, "p") is None
    assert store.sequence() == 0


def test_claims(store: Store) -> None:
    member_of(store, "a")
    accounts = Accounts(store.database)
    accounts.add_organisation("b", name="B", kind=OrganisationKind.SUPPLIER, company="02324869")
    claims, owned = Claims(store), Ownership(store.database)
    mine = Profile(id="p", name="Steps", identifiers=Identifiers(charity="1000003"))
    proved = claims.submit(mine, accounts.organisation("a"))
    assert proved.state is ClaimState.GRANTED
    assert owned.owned_by(RecordKind.PROFILE, "a") == {"p"}
    with pytest.raises(Conflict):
        claims.submit(mine, accounts.organisation("b"))

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
    assert owned.owned_by(RecordKind.PROFILE, "b") == {"q"}
    with pytest.raises(NotFound):
        claims.decide("absent", grant=True, by=None)


def test_a_claim_is_not_granted_over_an_owner_who_came_between(store: Store) -> None:
    member_of(store, "a")
    accounts, claims = Accounts(store.database), Claims(store)
    waiting = claims.submit(Profile(id="q", name="Paces"), accounts.organisation("a"))
    accounts.add_organisation("b", name="B", kind=OrganisationKind.SUPPLIER)
    Ownership(store.database).assign(RecordKind.PROFILE, "q", "b")
    with pytest.raises(Conflict):
        claims.decide(waiting.id, grant=True, by=None)
    assert claims.decide(waiting.id, grant=False, by=None).state is ClaimState.REFUSED


def test_of_claims_that_come_at_once_one_is_granted(store: Store) -> None:
    accounts, claims = Accounts(store.database), Claims(store)
    mine = Profile(id="p", name="Steps", identifiers=Identifiers(charity="1000003"))
    for number in range(6):
        accounts.add_organisation(f"o{number}", name="O", kind=OrganisationKind.SUPPLIER, charity="1000003")

    def claim(number: int) -> bool:
        try:
            return claims.submit(mine, accounts.organisation(f"o{number}")).state is ClaimState.GRANTED
        except Conflict:
            return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(claim, range(6))) == 1


def test_of_creations_that_come_at_once_one_creates(store: Store) -> None:
    idempotency_keys, made = IdempotencyKeys(store.database), count()

    def create(_: int) -> int:
        with store.writing():
            return int(idempotency_keys.run_once("a", "k", {}, lambda: {"made": next(made)})["made"])

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(create, range(12))) == {0}


def test_a_creation_happens_once(store: Store) -> None:
    idempotency_keys = IdempotencyKeys(store.database)
    made: list[int] = []

    def create() -> dict[str, int]:
        made.append(len(made))
        return {"made": made[-1]}

    first = idempotency_keys.run_once("a", "k", {"x": 1, "y": 2}, create)
    assert idempotency_keys.run_once("a", "k", {"y": 2, "x": 1}, create) == first
    with pytest.raises(InvalidInput, match="another request"):
        idempotency_keys.run_once("a", "k", {"x": 2}, create)
    assert idempotency_keys.run_once("b", "k", {"x": 2}, create) == {"made": 1}
    assert idempotency_keys.run_once(None, "k", {"x": 2}, create) == {"made": 2}
    assert idempotency_keys.run_once("a", None, {"x": 1}, create) == {"made": 3}
    assert made == [0, 1, 2, 3]


def test_what_fails_to_be_created_may_be_tried_again(store: Store) -> None:
    idempotency_keys = IdempotencyKeys(store.database)

    def fail() -> dict[str, int]:
        raise Conflict("no", remedy="")

    with pytest.raises(Conflict):
        idempotency_keys.run_once("a", "k", {}, fail)
    assert idempotency_keys.run_once("a", "k", {}, lambda: {"made": 1}) == {"made": 1}


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("Steady Steps Ltd.", "steady-steps-ltd-"),
        ("Ωμέγα", "x-"),
        ("Café & Co", "cafe-co-"),
        ("a" * 500, "a" * 60 + "-"),
    ],
)
def test_ids_begin_like_the_name(name: str, begins: str) -> None:
    made = {make_record_id(name, "x") for _ in range(20)}
    assert len(made) == 20
    assert all(id.startswith(begins) and len(id) == len(begins) + 10 for id in made)
