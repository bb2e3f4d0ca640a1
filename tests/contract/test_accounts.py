"""Accounts on every kind of database."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from matcher.accounts import (
    Accounts,
    Claims,
    ClaimState,
    Creations,
    Keys,
    OrganisationKind,
    Ownership,
    Role,
    Sessions,
    Uses,
)
from matcher.accounts.policy import LONGEST_KEY_LIFE, SESSION_IDLE, SESSION_LIFE
from matcher.accounts.secrets import digest_of, make_record_id
from matcher.errors import Conflict, InvalidInput, NotFound, NotSignedIn
from matcher.records import Identifiers, Profile
from matcher.store import RecordKind, Store

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


def member_of(store: Store, id: str = "steps", kind: OrganisationKind = OrganisationKind.SUPPLIER) -> str:
    accounts = Accounts(store.database)
    accounts.add_organisation(id, name="Steady Steps", kind=kind, charity="1000003")
    return accounts.add_member(id, name="A. Person", email="a@steps.example").id


def test_organisations_and_members(store: Store) -> None:
    accounts = Accounts(store.database)
    id = member_of(store)
    found = accounts.organisation("steps")
    assert (found.name, found.kind, found.charity, found.company) == ("Steady Steps", "supplier", "1000003", None)
    assert found.created_at.tzinfo is UTC
    member = accounts.member(id)
    assert (set(member.roles), member.name, member.organisation_id) == ({Role.SUPPLIER}, "A. Person", "steps")
    with pytest.raises(Conflict):
        accounts.add_organisation("steps", name="Other", kind=OrganisationKind.SUPPLIER)
    for wrong in ("", "Steps", "a b", "-a", "a" * 64):
        with pytest.raises(InvalidInput, match="not an id"):
            accounts.add_organisation(wrong, name="Other", kind=OrganisationKind.SUPPLIER)
    with pytest.raises(InvalidInput, match="charity"):
        accounts.add_organisation("other", name="Other", kind=OrganisationKind.SUPPLIER, charity="x")
    with pytest.raises(NotFound):
        accounts.add_member("absent", name="B. Person")
    with pytest.raises(InvalidInput, match="not a role"):
        accounts.add_member("steps", name="B. Person", roles=[Role.ADMINISTRATOR])
    with pytest.raises(InvalidInput, match="email"):
        accounts.add_member("steps", name="B. Person", email="nothing")
    assert [one.id for one in accounts.members("steps")] == [id]
    with pytest.raises(NotFound):
        accounts.member("absent")
    accounts.add_organisation("watch", name="Watch", kind=OrganisationKind.OVERSIGHT)
    with pytest.raises(InvalidInput, match="none is not a role"):
        accounts.add_member("watch", name="C. Person")


def test_a_key_proves_its_member_until_it_ends(store: Store) -> None:
    keys = Keys(store.database)
    member = member_of(store)
    made = keys.make(member, label="for the night run", life=timedelta(days=1))
    caller = keys.prove(made.text)
    assert (caller.member_id, caller.organisation_id, set(caller.roles)) == (member, "steps", {Role.SUPPLIER})
    mark, prefix, secret = made.text.split("_", 2)
    assert (mark, prefix, len(secret)) == ("mk", made.key.prefix, 43)
    assert keys.all() == [made.key]
    cut = (f"mk_{prefix}", f"mk_{prefix}_", f"mk_{prefix}_{secret}x", f"mk_{prefix}_{secret[:-1]}", secret)
    odd = ("", "mk", f"mk_0_{secret}", f"xk_{prefix}_{secret}", "mk_\0_x", "mk_" + "a" * 5_000 + "_x")
    for wrong in (*cut, *odd):
        with pytest.raises(NotSignedIn, match="not known"):
            keys.prove(wrong)
    with pytest.raises(NotSignedIn, match="expired"):
        keys.prove(made.text, now=made.key.expires_at)
    assert keys.revoke(prefix).revoked_at is not None
    assert keys.revoke(prefix) == keys.all()[0]
    with pytest.raises(NotSignedIn, match="revoked"):
        keys.prove(made.text)
    for life in (timedelta(0), timedelta(days=-1), LONGEST_KEY_LIFE + timedelta(days=1)):
        with pytest.raises(InvalidInput):
            keys.make(member, life=life)
    with pytest.raises(NotFound):
        keys.make("absent")
    with pytest.raises(NotFound):
        keys.revoke("absent")


def test_no_secret_is_in_the_database(store: Store) -> None:
    made = Keys(store.database).make(member_of(store))
    begun = Sessions(store.database, Uses(store.database)).begin(made.key.member_id)
    with store.database.reading() as connection:
        tables = ("api_key", "browser_session")
        kept = repr([connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in tables])
    secret = made.text.split("_", 2)[2]
    assert digest_of(secret) in kept
    assert digest_of(begun.token) in kept
    assert not any(text in kept for text in (secret, begun.token, begun.csrf))


def test_a_session_ends_in_any_case(store: Store) -> None:
    uses = Uses(store.database)
    sessions = Sessions(store.database, uses)
    member = member_of(store)
    begun = sessions.begin(member, now=NOW)
    caller = sessions.prove(begun.token, now=NOW)
    assert (caller.member_id, caller.csrf) == (member, begun.csrf)
    moment = NOW
    while moment < NOW + SESSION_LIFE - SESSION_IDLE:
        moment += SESSION_IDLE - timedelta(seconds=1)
        sessions.prove(begun.token, now=moment)
    with pytest.raises(NotSignedIn):
        sessions.prove(begun.token, now=NOW + SESSION_LIFE)

    idle = sessions.begin(member, now=NOW)
    with pytest.raises(NotSignedIn):
        sessions.prove(idle.token, now=NOW + SESSION_IDLE)
    ended = sessions.begin(member, now=NOW)
    sessions.end(ended.token)
    sessions.end(ended.token)
    for token in (ended.token, "", "nonsense"):
        with pytest.raises(NotSignedIn):
            sessions.prove(token, now=NOW)
    sessions.begin(member, now=NOW + 3 * SESSION_LIFE)
    with store.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM browser_session").scalar() == 1, "old ones are cleared"


def test_erasing_a_member_ends_every_proof_and_leaves_the_id(store: Store) -> None:
    accounts, keys = Accounts(store.database), Keys(store.database)
    member = member_of(store)
    key = keys.make(member, label="A. Person's laptop")
    session = Sessions(store.database, Uses(store.database)).begin(member)
    accounts.erase_member(member)
    with pytest.raises(NotSignedIn):
        keys.prove(key.text)
    with pytest.raises(NotSignedIn):
        Sessions(store.database, Uses(store.database)).prove(session.token)
    with pytest.raises(NotFound):
        keys.make(member)
    with pytest.raises(NotFound):
        accounts.erase_member("absent")
    erased = accounts.member(member)
    assert (erased.name, erased.email) == (None, None)
    assert erased.removed_at is not None
    assert keys.all()[0].label == ""


def test_an_erased_name_leaves_the_file(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        accounts = Accounts(store.database)
        accounts.erase_member(member_of(store))
        files = [file.read_bytes() for file in tmp_path.iterdir()]
    assert not any(b"a@steps.example" in content or b"A. Person" in content for content in files)


def test_uses_are_written_once_and_never_go_back(store: Store) -> None:
    from matcher.accounts.tables import api_key

    key = Keys(store.database).make(member_of(store)).key

    def used() -> datetime | None:
        return Keys(store.database).all()[0].used_at

    uses, other = Uses(store.database), Uses(store.database)
    uses.note(api_key, key.prefix, NOW)
    for thread in [thread for thread in threading.enumerate() if thread.name == "uses"]:
        thread.join()
    assert used() == NOW
    uses.note(api_key, key.prefix, NOW + timedelta(seconds=1))
    assert used() == NOW, "not before a minute has passed"
    assert uses.last(api_key, key.prefix) == NOW + timedelta(seconds=1)
    uses.write()
    uses.write()
    assert used() == NOW + timedelta(seconds=1)
    other.note(api_key, key.prefix, NOW - timedelta(days=1))
    other.write()
    assert used() == NOW + timedelta(seconds=1)


def test_a_use_that_cannot_be_written_is_kept(tmp_path: Path) -> None:
    from matcher.accounts.tables import api_key

    with Store.open(f"sqlite:///{tmp_path / 'store.db'}", wait_seconds=0.05) as store:
        key = Keys(store.database).make(member_of(store)).key
        uses = Uses(store.database)
        held, done = threading.Event(), threading.Event()

        def hold() -> None:
            with store.writing():
                held.set()
                done.wait(30)

        holder = threading.Thread(target=hold)
        holder.start()
        held.wait(30)
        uses.note(api_key, key.prefix, NOW)
        uses.write()
        assert uses.last(api_key, key.prefix) == NOW
        done.set()
        holder.join()
        uses.write()
        assert Keys(store.database).all()[0].used_at == NOW


def test_ownership(store: Store) -> None:
    member_of(store, "a")
    member_of(store, "b")
    owned = Ownership(store.database)
    need = RecordKind.NEED
    assert owned.of(need, "n") is None
    owned.give(need, "n", "a", draft=True)
    owned.give(need, "m", "b")
    owned.give(need, "o", None, draft=True)
    owned.give(RecordKind.PROFILE, "n", "b")
    found = owned.of(need, "n")
    assert found is not None
    assert (found.organisation_id, found.draft) == ("a", True)
    assert owned.owned(need, "a") == {"n"}
    assert owned.owned(need, None) == {"o"}
    assert owned.drafts(need) == {"n", "o"}
    assert owned.hidden(need, "a") == {"o"}
    assert owned.hidden(need, "b") == {"n", "o"}
    assert owned.hidden(need, None) == {"n", "o"}, "whoever has no organisation sees no draft"
    owned.publish(need, "n")
    owned.publish(need, "absent")
    assert owned.drafts(need) == {"o"}
    owned.give(need, "n", "b")
    assert owned.owned(need, "b") == {"m", "n"}


def test_ownership_and_revision_are_one_transaction(store: Store) -> None:
    owned = Ownership(store.database)
    with pytest.raises(RuntimeError), store.writing() as writer:
        writer.put(Profile(id="p", name="Steps"))
        owned.give(RecordKind.PROFILE, "p", None)
        raise RuntimeError
    assert owned.of(RecordKind.PROFILE, "p") is None
    assert store.sequence() == 0


def test_claims(store: Store) -> None:
    member_of(store, "a")
    accounts = Accounts(store.database)
    accounts.add_organisation("b", name="B", kind=OrganisationKind.SUPPLIER, company="02324869")
    claims, owned = Claims(store), Ownership(store.database)
    mine = Profile(id="p", name="Steps", identifiers=Identifiers(charity="1000003"))
    proved = claims.make(mine, accounts.organisation("a"))
    assert proved.state is ClaimState.GRANTED
    assert owned.owned(RecordKind.PROFILE, "a") == {"p"}
    with pytest.raises(Conflict):
        claims.make(mine, accounts.organisation("b"))

    other = Profile(id="q", name="Paces", identifiers=Identifiers(charity="1000004"))
    waiting = [claims.make(other, accounts.organisation(id)) for id in ("a", "b")]
    assert [claim.state for claim in waiting] == [ClaimState.WAITING] * 2
    assert claims.make(other, accounts.organisation("b")) == waiting[1]
    assert claims.on("q") == waiting
    assert claims.of("b") == waiting[1:]
    refused = claims.decide(waiting[0].id, grant=False, by="member-1")
    assert (refused.state, refused.decided_by) == (ClaimState.REFUSED, "member-1")
    assert claims.decide(waiting[0].id, grant=False, by=None) == refused
    with pytest.raises(Conflict):
        claims.decide(waiting[0].id, grant=True, by=None)
    assert claims.decide(waiting[1].id, grant=True, by=None).state is ClaimState.GRANTED
    assert owned.owned(RecordKind.PROFILE, "b") == {"q"}
    with pytest.raises(NotFound):
        claims.decide("absent", grant=True, by=None)


def test_a_claim_is_not_granted_over_an_owner_who_came_between(store: Store) -> None:
    member_of(store, "a")
    accounts, claims = Accounts(store.database), Claims(store)
    waiting = claims.make(Profile(id="q", name="Paces"), accounts.organisation("a"))
    accounts.add_organisation("b", name="B", kind=OrganisationKind.SUPPLIER)
    Ownership(store.database).give(RecordKind.PROFILE, "q", "b")
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
            return claims.make(mine, accounts.organisation(f"o{number}")).state is ClaimState.GRANTED
        except Conflict:
            return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(claim, range(6))) == 1


def test_of_creations_that_come_at_once_one_creates(store: Store) -> None:
    creations, made = Creations(store.database), count()

    def create(_: int) -> int:
        with store.writing():
            return int(creations.once("a", "k", {}, lambda: {"made": next(made)})["made"])

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(create, range(12))) == {0}


def test_a_creation_happens_once(store: Store) -> None:
    creations = Creations(store.database)
    made: list[int] = []

    def create() -> dict[str, int]:
        made.append(len(made))
        return {"made": made[-1]}

    first = creations.once("a", "k", {"x": 1, "y": 2}, create)
    assert creations.once("a", "k", {"y": 2, "x": 1}, create) == first
    with pytest.raises(InvalidInput, match="another request"):
        creations.once("a", "k", {"x": 2}, create)
    assert creations.once("b", "k", {"x": 2}, create) == {"made": 1}
    assert creations.once(None, "k", {"x": 2}, create) == {"made": 2}
    assert creations.once("a", None, {"x": 1}, create) == {"made": 3}
    assert made == [0, 1, 2, 3]


def test_what_fails_to_be_created_may_be_tried_again(store: Store) -> None:
    creations = Creations(store.database)

    def fail() -> dict[str, int]:
        raise Conflict("no", remedy="")

    with pytest.raises(Conflict):
        creations.once("a", "k", {}, fail)
    assert creations.once("a", "k", {}, lambda: {"made": 1}) == {"made": 1}


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
