"""`matcher accounts` and `matcher alerts`, as the operator of an installation uses them."""

from __future__ import annotations

import email
import json
import socketserver
import threading
from collections.abc import Iterator
from email.message import Message
from email.policy import default
from pathlib import Path

import pytest

from matcher.accounts import Keys, Ownership
from matcher.alerts import Alerts
from matcher.alerts.digest import MAX_OPPORTUNITIES
from matcher.bootstrap import opened_engine, opened_store
from matcher.foundations.errors import NotSignedIn
from matcher.foundations.settings import Settings
from matcher.records import Capability, Contact, Need, Profile
from matcher.records.policy import Band
from matcher.search.opportunities import opportunities_for
from matcher.store import RecordKind, Store
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


def with_needs(store: Store) -> None:
    """Add two suppliers with alerts, only one with a contact, and four needs: two open, one draft and one awarded."""
    falls = Capability(title="Falls clinic", description="A clinic for older people who fall at home")
    with store.writing() as writer:
        contact = Contact(name="A. Person", email="a@steps.example")
        writer.put(Profile(id="with/contact", name="Steady Steps", capabilities=(falls,)), contact=contact)
        writer.put(Profile(id="without", name="Paces", capabilities=(falls,)))
        for id in ("open-1", "open-2", "draft"):
            writer.put(Need(id=id, title="Falls clinic", description="A clinic for older people"))
        writer.put(Need.model_validate({"id": "over", "title": "Falls clinic", "stage": "award"}))
    Ownership(store.database).assign(RecordKind.NEED, "draft", None, draft=True)
    for id in ("with/contact", "without"):
        Alerts(store.database).save(id, Band.UNLIKELY)


def reported(folder: Path) -> dict[str, list[str]]:
    files = {
        file.name.partition("-")[2].split("-", 2)[2]: json.loads(file.read_text()) for file in folder.glob("*.json")
    }
    return {name: [opportunity["need_id"] for opportunity in digest["opportunities"]] for name, digest in files.items()}


def test_each_opportunity_is_reported_once(command: Command, settings: Settings, tmp_path: Path) -> None:
    with opened_store(settings) as store:
        with_needs(store)
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    done = command("alerts", "--out", first, "--json")
    assert json.loads(done.out) == {"told": {"with/contact": 2, "without": 2}}
    assert reported(first) == {"with%2Fcontact.json": ["open-1", "open-2"], "without.json": ["open-1", "open-2"]}
    files = list(first.glob("*.eml"))
    assert [file.name.endswith("with%2Fcontact.eml") for file in files] == [True]
    message = email.message_from_bytes(files[0].read_bytes(), policy=default)
    assert (message["to"], message["subject"]) == ("a@steps.example", "2 new opportunities for Steady Steps")
    body = message.get_content()
    assert "open-1" in body
    assert "because: Falls clinic" in body

    assert json.loads(command("alerts", "--out", second, "--json").out) == {"told": {}}
    assert not second.exists()
    with opened_store(settings) as store:
        Ownership(store.database).publish(RecordKind.NEED, "draft")
        with store.writing() as writer:
            writer.withdraw(RecordKind.PROFILE, "without")
    done = command("alerts", "--out", third)
    assert "1 digests with 1 opportunities written to" in done.out
    assert "without is withdrawn" in done.err
    assert reported(third) == {"with%2Fcontact.json": ["draft"]}


def test_the_best_new_opportunities_are_reported_first(command: Command, settings: Settings, tmp_path: Path) -> None:
    with opened_store(settings) as store:
        with store.writing() as writer:
            writer.put(Profile(id="p", name="Falls clinic", summary="A clinic for older people"))
            for number in range(MAX_OPPORTUNITIES + 5):
                writer.put(Need(id=f"n{number:02}", title="Falls clinic", description="older people " * (number % 7)))
        Alerts(store.database).save("p", Band.UNLIKELY)
    days = [tmp_path / str(day) for day in range(3)]
    for day in days:
        assert command("alerts", "--out", day).code == 0
    digests = [[id for ids in reported(day).values() for id in ids] for day in days]
    assert [len(ids) for ids in digests] == [MAX_OPPORTUNITIES, 5, 0]
    with opened_engine(settings) as engine:
        best = opportunities_for(engine, "p", top=100).results
    assert [opportunity.need_id for opportunity in best] == digests[0] + digests[1]


class MailServer(socketserver.ThreadingTCPServer):
    """A mail server that accepts or refuses e-mails."""

    def __init__(self, *, refuses: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _MailHandler)
        self.refuses = refuses
        self.emails: list[Message] = []


class _MailHandler(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        while line := self.rfile.readline().strip():
            if line.upper().startswith(b"RCPT") and self.server.refuses:
                self.wfile.write(b"550 no\r\n")
            elif line.upper() == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.emails.append(email.message_from_bytes(b"".join(lines)))
                self.wfile.write(b"250 taken\r\n")
            else:
                self.wfile.write(b"221 bye\r\n" if line.upper() == b"QUIT" else b"250 well\r\n")


@pytest.fixture(params=[False, True], ids=["accepts", "refuses"])
def mail_server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with MailServer(refuses=request.param) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("MATCHER_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("MATCHER_SMTP_PORT", str(server.server_address[1]))
        yield server
        server.shutdown()
        thread.join()


def test_digests_are_sent_through_the_mail_server(
    command: Command, settings: Settings, tmp_path: Path, mail_server: MailServer
) -> None:
    with opened_store(settings) as store:
        with_needs(store)
    done = command("alerts", "--out", tmp_path / "out")
    if mail_server.refuses:
        assert "does not accept e-mails" in done.complaint
        with opened_store(settings) as store:
            assert not Alerts(store.database).reported("with/contact"), "the digest is sent again"
            assert Alerts(store.database).reported("without"), "the supplier without an e-mail address is not affected"
    else:
        assert [message["to"] for message in mail_server.emails] == ["a@steps.example"]
