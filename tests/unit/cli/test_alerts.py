"""`matcher alerts`: digests as files and as e-mails."""

from __future__ import annotations

import email
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import update

from matcher.accounts import Ownership
from matcher.alerts import Alerts
from matcher.alerts.digest import MAX_OPPORTUNITIES
from matcher.bootstrap import opened_engine, opened_store
from matcher.foundations.settings import Settings
from matcher.records import Contact, Need, Profile
from matcher.records.policy import Band
from matcher.search.opportunities import opportunities_for
from matcher.store import RecordKind, Store
from matcher.store.schema import contact
from tests.support.alerts import with_needs
from tests.support.commands import Command
from tests.support.mail_server import FakeMailServer, certificate_in

PASSWORD = "correct-horse"
OpenMailServer = Callable[..., FakeMailServer]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The settings of the command's home."""
    return Settings(home=tmp_path / "home")


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
    assert "- Offers “Falls clinic” (capability)" in body

    assert json.loads(command("alerts", "--out", second, "--json").out) == {"told": {}}
    assert not second.exists()
    with opened_store(settings) as store:
        Ownership(store.database).publish(RecordKind.NEED, "draft")
        with store.writing() as writer:
            writer.withdraw(RecordKind.PROFILE, "without")
    done = command("alerts", "--out", third)
    assert "1 digest with 1 opportunity written to" in done.out
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


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[OpenMailServer]:
    """Start a mail server with a certificate that is trusted, and make it the one in the settings."""
    certificate = certificate_in(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with ExitStack() as servers:

        def start(*, security: str = "none", password: str = "", refused: str = "") -> FakeMailServer:
            server = FakeMailServer(certificate, security=security, password=password, refused=refused)
            servers.enter_context(server.running())
            monkeypatch.setenv("MATCHER_SMTP_HOST", "127.0.0.1")
            monkeypatch.setenv("MATCHER_SMTP_PORT", str(server.port))
            monkeypatch.setenv("MATCHER_SMTP_SECURITY", security)
            if password:
                monkeypatch.setenv("MATCHER_SMTP_USER", "matcher")
                monkeypatch.setenv("MATCHER_SMTP_PASSWORD", PASSWORD)
            return server

        yield start


def with_addresses(store: Store, *addresses: str) -> None:
    """Add a supplier with an alert for each address, as an earlier version stored them, and a need that fits."""
    with store.writing() as writer:
        for number, _ in enumerate(addresses):
            profile = Profile(id=f"p{number}", name="Falls clinic", summary="A clinic for older people")
            writer.put(profile, contact=Contact(email="door@steps.example"))
        writer.put(Need(id="n", title="Falls clinic", description="A clinic for older people"))
    for number, address in enumerate(addresses):
        with store.database.writing() as connection:
            connection.execute(update(contact).where(contact.c.profile_id == f"p{number}").values(email=address))
        Alerts(store.database).save(f"p{number}", Band.UNLIKELY)


@pytest.mark.parametrize("odd", ["a@[x.org", "a,b@x.org", "a@x.org\r\nBcc: b@x.org", "<a@x.org>", "a@x..org", "@"])
def test_an_odd_address_stops_no_other_letter(
    command: Command, settings: Settings, tmp_path: Path, mail_server: OpenMailServer, odd: str
) -> None:
    server = mail_server()
    with opened_store(settings) as store:
        with_addresses(store, odd, "anna@steps.example")
    done = command("alerts", "--out", tmp_path / "out", "--json")
    assert done.code == 1
    assert [line.casefold() for line in server.recipients] == ["rcpt to:<anna@steps.example>"]
    assert done.err.startswith("error: p0: the e-mail address of the supplier p0 is not valid")
    assert done.err.count("\n") == 1
    report = json.loads(done.out)
    assert (report["told"], list(report["failed"])) == ({"p1": 1}, ["p0"])
    assert odd not in done.err + done.out, "contact details are not shown"
    with opened_store(settings) as store:
        assert not Alerts(store.database).reported("p0"), "the digest is sent again once the address is corrected"


def test_a_refused_letter_stops_no_other_letter(
    command: Command, settings: Settings, tmp_path: Path, mail_server: OpenMailServer
) -> None:
    server = mail_server(refused="gone@steps.example")
    with opened_store(settings) as store:
        with_addresses(store, "gone@steps.example", "anna@steps.example", "ben@b\u00fccher.example")
    done = command("alerts", "--out", tmp_path / "out")
    assert done.code == 1
    assert "p0" in done.err
    assert "does not accept the e-mail (reply 550)" in done.err
    assert "gone@" not in done.err
    assert "2 digests with 2 opportunities written to" in done.out
    assert [message["to"] for message in server.emails] == ["anna@steps.example", "ben@xn--bcher-kva.example"]


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_letters_are_sent_encrypted_and_signed_in(
    command: Command, settings: Settings, tmp_path: Path, mail_server: OpenMailServer, security: str
) -> None:
    server = mail_server(security=security, password=PASSWORD)
    with opened_store(settings) as store:
        with_needs(store)
    assert command("alerts", "--out", tmp_path / "out").code == 0
    assert [message["to"] for message in server.emails] == ["a@steps.example"]


@pytest.mark.parametrize(
    ("kind", "asked", "said"),
    [
        ({"security": "starttls", "password": "another"}, "starttls", "it refuses the sign-in (reply 535)"),
        ({"security": "none"}, "starttls", "it offers no STARTTLS"),
        ({"security": "none"}, "tls", "it does not answer with TLS"),
        ({"security": "tls"}, "untrusted", "its certificate is not valid"),
    ],
)
def test_a_server_that_cannot_be_used_is_tried_once(
    command: Command,
    settings: Settings,
    tmp_path: Path,
    mail_server: OpenMailServer,
    monkeypatch: pytest.MonkeyPatch,
    kind: dict[str, str],
    asked: str,
    said: str,
) -> None:
    server = mail_server(**kind)
    if asked == "untrusted":
        monkeypatch.delenv("SSL_CERT_FILE")
    else:
        monkeypatch.setenv("MATCHER_SMTP_SECURITY", asked)
    with opened_store(settings) as store:
        with_addresses(store, "anna@steps.example", "ben@steps.example")
    done = command("alerts", "--out", tmp_path / "out", "--json")
    assert done.code == 1
    assert set(json.loads(done.out)["failed"]) == {"p0", "p1"}
    assert done.err.count(said) == 2
    assert PASSWORD not in done.err + done.out
    assert (server.emails, server.connections) == ([], 1)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"SMTP_USER": "m"}, "set both MATCHER_SMTP_USER and MATCHER_SMTP_PASSWORD"),
        ({"SMTP_PASSWORD": PASSWORD}, "set both MATCHER_SMTP_USER and MATCHER_SMTP_PASSWORD"),
        ({"SMTP_USER": "m", "SMTP_PASSWORD": PASSWORD, "SMTP_HOST": "mail.example"}, "would be sent unencrypted"),
        ({"SMTP_SECURITY": "ssl"}, "MATCHER_SMTP_SECURITY"),
        ({"MAIL_FROM": "a@x.org, b@x.org"}, "the sender must be one e-mail address"),
        ({"MAIL_FROM": "a@[x.org"}, "the sender must be one e-mail address"),
        ({"MAIL_FROM": "a@x.org\nBcc: b@x.org"}, "the sender must be one e-mail address"),
    ],
)
def test_unsafe_mail_settings_are_refused(
    command: Command, monkeypatch: pytest.MonkeyPatch, values: dict[str, str], said: str
) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"MATCHER_{name}", value)
    complaint = command("alerts", "--out", "out").complaint
    assert said in complaint
    assert PASSWORD not in complaint
