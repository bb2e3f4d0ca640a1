"""`matcher accounts` and `matcher alerts`, as the operator of an installation uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matcher.accounts import Keys, Ownership
from matcher.bootstrap import opened_store
from matcher.foundations.errors import NotSignedIn
from matcher.foundations.settings import Settings
from matcher.store import RecordKind
from tests.support.alerts import with_needs
from tests.support.commands import Command


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The settings of the command's home."""
    return Settings(home=tmp_path / "home")


def member_of(command: Command, *more: object) -> str:
    added = command("accounts", "add-organisation", "steps", "--name", "Steady Steps", "--kind", "supplier", *more)
    assert (added.code, added.out) == (0, "organisation steps added\n")
    member = command("accounts", "add-member", "steps", "--name", "A. Person", "--email", "a@steps.example")
    assert member.code == 0
    return member.out.strip()


def test_the_first_key_is_made_here_and_shown_once(command: Command, settings: Settings) -> None:
    member = member_of(command, "--charity", "1000003")
    made = command("accounts", "add-key", member, "--label", "for the night run", "--days", 30)
    assert made.code == 0
    assert "cannot be shown again" in made.err
    key = made.out.strip()
    with opened_store(settings) as store:
        assert Keys(store.database).authenticate(key).organisation_id == "steps"

    listed = command("accounts", "list")
    prefix = key.split("_")[1]
    for told in ("steps: Steady Steps (supplier)", member, "A. Person", f"mk_{prefix}_…", "for the night run", "never"):
        assert told in listed.out
    as_json = command("accounts", "list", "--json").out
    found = json.loads(as_json)
    assert found["organisations"][0]["charity"] == "1000003"
    assert found["members"][0]["roles"] == ["supplier"]
    assert found["keys"][0]["prefix"] == prefix
    assert key.split("_", 2)[2] not in as_json + listed.out

    assert command("accounts", "revoke-key", prefix).code == 0
    assert f"revoked {found['keys'][0]['created_at'][:10]}" in command("accounts", "list").out
    with opened_store(settings) as store, pytest.raises(NotSignedIn):
        Keys(store.database).authenticate(key)


def test_a_member_is_erased(command: Command) -> None:
    member = member_of(command)
    assert command("accounts", "erase-member", member).code == 0
    listed = command("accounts", "list")
    assert "erased" in listed.out
    assert "A. Person" not in listed.out


def test_a_record_is_given_to_an_organisation(command: Command, settings: Settings) -> None:
    member_of(command)
    with opened_store(settings) as store:
        with_needs(store)
    assert command("accounts", "give", "profile", "without", "steps").code == 0
    assert command("accounts", "give", "need", "draft", "steps").code == 0
    with opened_store(settings) as store:
        ownership = Ownership(store.database)
        assert ownership.owned_by(RecordKind.PROFILE, "steps") == {"without"}
        assert ownership.hidden_from(RecordKind.NEED, "other") == {"draft"}
    assert "no organisation" in command("accounts", "give", "need", "draft", "absent").complaint
    assert "no need" in command("accounts", "give", "need", "absent", "steps").complaint


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("add-organisation", "Steps", "--name", "S", "--kind", "supplier"), 2, "lower-case letters"),
        (("add-organisation", "s", "--name", "S", "--kind", "club"), 2, "supplier"),
        (("add-organisation", "s", "--name", "S", "--kind", "supplier", "--company", "x"), 2, "company number"),
        (("add-member", "absent", "--name", "A"), 1, "no organisation"),
        (("add-key", "absent"), 1, "no member"),
        (("add-key", "absent", "--days", "0"), 2, "days"),
        (("revoke-key", "absent"), 1, "no key"),
        (("erase-member", "absent"), 1, "no member"),
    ],
)
def test_an_error_is_shown_on_one_line(command: Command, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = command("accounts", *arguments)
    assert done.code == code
    assert said in done.complaint


def test_an_open_service_cannot_be_bound_to_another_address(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHER_ACCESS", "open")
    assert "MATCHER_ACCESS" in command("serve", "--host", "0.0.0.0").complaint
    monkeypatch.setenv("MATCHER_HOST", "0.0.0.0")
    assert "MATCHER_ACCESS" in command("accounts", "list").complaint


def test_an_unsafe_provider_is_reported_by_name(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHER_OIDC_ISSUER", "http://sign-in.example")
    complaint = command("accounts", "list").complaint
    assert "MATCHER_OIDC_ISSUER is not valid" in complaint
    assert "must begin with https://" in complaint
