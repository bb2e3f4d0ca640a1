"""Accounts on every kind of database: organisations, members, keys and sessions."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from matcher.accounts import (
    Accounts,
    Keys,
    LastUsed,
    OrganisationKind,
    Role,
    Sessions,
)
from matcher.accounts.policy import LONGEST_KEY_LIFE, SESSION_IDLE, SESSION_LIFE
from matcher.accounts.secrets import digest_of
from matcher.foundations.errors import Conflict, InvalidInput, NotFound, NotSignedIn
from matcher.store import Store
from tests.support.accounts import NOW, member_of


def test_organisations_and_members(store: Store) -> None:
    accounts = Accounts(store.database)
    id = member_of(store)
    steps = accounts.organisation("steps")
    assert (steps.name, steps.kind, steps.charity, steps.company) == ("Steady Steps", "supplier", "1000003", None)
    assert steps.created_at.tzinfo is UTC
    member = accounts.member(id)
    assert (set(member.roles), member.name, member.organisation_id) == ({Role.SUPPLIER}, "A. Person", "steps")
    with pytest.raises(Conflict):
        accounts.add_organisation("steps", name="Other", kind=OrganisationKind.SUPPLIER)
    for wrong in ("", "Steps", "a b", "-a", "a" * 64):
        with pytest.raises(InvalidInput, match="not a valid organisation id"):
            accounts.add_organisation(wrong, name="Other", kind=OrganisationKind.SUPPLIER)
    with pytest.raises(InvalidInput, match="charity"):
        accounts.add_organisation("other", name="Other", kind=OrganisationKind.SUPPLIER, charity="x")
    with pytest.raises(NotFound):
        accounts.add_member("absent", name="B. Person")
    with pytest.raises(InvalidInput, match="not a role"):
        accounts.add_member("steps", name="B. Person", roles=[Role.ADMINISTRATOR])
    with pytest.raises(InvalidInput, match="email"):
        accounts.add_member("steps", name="B. Person", email="nothing")
    assert [other.id for other in accounts.members("steps")] == [id]
    with pytest.raises(NotFound):
        accounts.member("absent")
    accounts.add_organisation("watch", name="Watch", kind=OrganisationKind.OVERSIGHT)
    with pytest.raises(InvalidInput, match="none is not a role"):
        accounts.add_member("watch", name="C. Person")


def test_a_key_authenticates_its_member_until_it_ends(store: Store) -> None:
    keys = Keys(store.database)
    member = member_of(store)
    created = keys.create(member, label="for the night run", life=timedelta(days=1))
    caller = keys.authenticate(created.text)
    assert (caller.member_id, caller.organisation_id, set(caller.roles)) == (member, "steps", {Role.SUPPLIER})
    mark, prefix, secret = created.text.split("_", 2)
    assert (mark, prefix, len(secret)) == ("mk", created.key.prefix, 43)
    assert keys.all() == [created.key]
    truncated = (f"mk_{prefix}", f"mk_{prefix}_", f"mk_{prefix}_{secret}x", f"mk_{prefix}_{secret[:-1]}", secret)
    odd = ("", "mk", f"mk_0_{secret}", f"xk_{prefix}_{secret}", "mk_\0_x", "mk_" + "a" * 5_000 + "_x")
    for wrong in (*truncated, *odd):
        with pytest.raises(NotSignedIn, match="the key is unknown"):
            keys.authenticate(wrong)
    with pytest.raises(NotSignedIn, match="expired"):
        keys.authenticate(created.text, now=created.key.expires_at)
    assert keys.revoke(prefix).revoked_at is not None
    assert keys.revoke(prefix) == keys.all()[0]
    with pytest.raises(NotSignedIn, match="revoked"):
        keys.authenticate(created.text)
    for life in (timedelta(0), timedelta(days=-1), LONGEST_KEY_LIFE + timedelta(days=1)):
        with pytest.raises(InvalidInput):
            keys.create(member, life=life)
    with pytest.raises(NotFound):
        keys.create("absent")
    with pytest.raises(NotFound):
        keys.revoke("absent")


def test_the_database_holds_no_secrets(store: Store) -> None:
    created = Keys(store.database).create(member_of(store))
    session = Sessions(store.database, LastUsed(store.database)).start(created.key.member_id)
    with store.database.reading() as connection:
        tables = ("api_key", "browser_session")
        stored = repr([connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in tables])
    secret = created.text.split("_", 2)[2]
    assert digest_of(secret) in stored
    assert digest_of(session.token) in stored
    assert not any(text in stored for text in (secret, session.token, session.csrf))


def test_a_session_ends_when_idle_and_after_its_life(store: Store) -> None:
    last_used = LastUsed(store.database)
    sessions = Sessions(store.database, last_used)
    member = member_of(store)
    session = sessions.start(member, now=NOW)
    caller = sessions.authenticate(session.token, now=NOW)
    assert (caller.member_id, caller.csrf) == (member, session.csrf)
    later = NOW
    while later < NOW + SESSION_LIFE - SESSION_IDLE:
        later += SESSION_IDLE - timedelta(seconds=1)
        sessions.authenticate(session.token, now=later)
    with pytest.raises(NotSignedIn):
        sessions.authenticate(session.token, now=NOW + SESSION_LIFE)

    idle = sessions.start(member, now=NOW)
    with pytest.raises(NotSignedIn):
        sessions.authenticate(idle.token, now=NOW + SESSION_IDLE)
    ended = sessions.start(member, now=NOW)
    sessions.end(ended.token)
    sessions.end(ended.token)
    for token in (ended.token, "", "nonsense"):
        with pytest.raises(NotSignedIn):
            sessions.authenticate(token, now=NOW)
    sessions.start(member, now=NOW + 3 * SESSION_LIFE)
    with store.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM browser_session").scalar() == 1, (
            "ended sessions are deleted"
        )


def test_erasing_a_member_ends_keys_and_sessions_and_leaves_the_id(store: Store) -> None:
    accounts, keys = Accounts(store.database), Keys(store.database)
    member = member_of(store)
    key = keys.create(member, label="A. Person's laptop")
    session = Sessions(store.database, LastUsed(store.database)).start(member)
    accounts.erase_member(member)
    with pytest.raises(NotSignedIn):
        keys.authenticate(key.text)
    with pytest.raises(NotSignedIn):
        Sessions(store.database, LastUsed(store.database)).authenticate(session.token)
    with pytest.raises(NotFound):
        keys.create(member)
    with pytest.raises(NotFound):
        accounts.erase_member("absent")
    erased = accounts.member(member)
    assert (erased.name, erased.email) == (None, None)
    assert erased.removed_at is not None
    assert keys.all()[0].label == ""


def test_an_erased_name_is_erased_from_the_file(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        accounts = Accounts(store.database)
        accounts.erase_member(member_of(store))
        files = [file.read_bytes() for file in tmp_path.iterdir()]
    assert not any(b"a@steps.example" in content or b"A. Person" in content for content in files)


def test_the_last_use_is_saved_at_intervals_and_never_moves_back(store: Store) -> None:
    from matcher.accounts.tables import api_key

    key = Keys(store.database).create(member_of(store)).key

    def used() -> datetime | None:
        return Keys(store.database).all()[0].used_at

    last_used, other = LastUsed(store.database), LastUsed(store.database)
    last_used.note(api_key, key.prefix, NOW)
    for thread in [thread for thread in threading.enumerate() if thread.name == "last-used"]:
        thread.join()
    assert used() == NOW
    last_used.note(api_key, key.prefix, NOW + timedelta(seconds=1))
    assert used() == NOW, "not saved again within a minute"
    assert last_used.last(api_key, key.prefix) == NOW + timedelta(seconds=1)
    last_used.save()
    last_used.save()
    assert used() == NOW + timedelta(seconds=1)
    other.note(api_key, key.prefix, NOW - timedelta(days=1))
    other.save()
    assert used() == NOW + timedelta(seconds=1)


def test_a_use_that_cannot_be_saved_is_saved_later(tmp_path: Path) -> None:
    from matcher.accounts.tables import api_key

    with Store.open(f"sqlite:///{tmp_path / 'store.db'}", wait_seconds=0.05) as store:
        key = Keys(store.database).create(member_of(store)).key
        last_used = LastUsed(store.database)
        locked, done = threading.Event(), threading.Event()

        def hold() -> None:
            with store.writing():
                locked.set()
                done.wait(30)

        holder = threading.Thread(target=hold)
        holder.start()
        locked.wait(30)
        last_used.note(api_key, key.prefix, NOW)
        last_used.save()
        assert last_used.last(api_key, key.prefix) == NOW
        done.set()
        holder.join()
        last_used.save()
        assert Keys(store.database).all()[0].used_at == NOW
