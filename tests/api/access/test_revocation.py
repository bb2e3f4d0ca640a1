"""A response that is still being sent ends when the caller may no longer receive it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.responses import FileResponse, StreamingResponse
from fastapi.testclient import TestClient
from starlette.types import Message

from api.access import revocation
from api.access.revocation import RevocableResponse
from matcher.accounts import Role
from matcher.foundations.errors import NotSignedIn, Unavailable
from matcher.programme.programme import Programme
from matcher.programme.runs import RunOptions, State
from matcher.records import Need
from matcher.store import Store
from tests.api.support.people import People


def sent_by(response: RevocableResponse) -> list[Message]:
    """Send `response` to a client that stays, and return the messages sent."""
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    async def receive() -> Message:
        await asyncio.sleep(3_600)
        raise AssertionError

    asyncio.run(response({"type": "http", "method": "GET", "headers": []}, receive, send))
    return messages


def checks_that_raise(*outcomes: Exception | None) -> tuple[list[int], object]:
    """Return a check that has these outcomes in turn, and the list to which it adds each call."""
    calls: list[int] = []

    def check() -> None:
        calls.append(1)
        outcome = outcomes[min(len(calls), len(outcomes)) - 1]
        if outcome is not None:
            raise outcome

    return calls, check


async def endless() -> AsyncIterator[bytes]:
    yield b"first"
    while True:
        await asyncio.sleep(0.01)


def test_a_silent_stream_ends_without_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocation, "CHECK_INTERVAL", 0.01)
    refusal = NotSignedIn("revoked", remedy="Get a new key")
    calls, check = checks_that_raise(None, Unavailable("busy", remedy="Wait"), refusal)
    messages = sent_by(RevocableResponse(StreamingResponse(endless()), check))  # type: ignore[arg-type]
    assert [message.get("body") for message in messages[1:]] == [b"first"]
    assert all(message.get("more_body", True) for message in messages), "the client sees that something is missing"
    assert len(calls) == 3, "a database that is busy does not end a stream"


def test_short_responses_are_sent_whole(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    calls, check = checks_that_raise(None)

    async def some() -> AsyncIterator[bytes]:
        yield b"content"

    for response in (FileResponse(tmp_path / "file"), StreamingResponse(some())):
        messages = sent_by(RevocableResponse(response, check))  # type: ignore[arg-type]
        assert b"".join(message.get("body", b"") for message in messages) == b"content"
        assert messages[-1].get("more_body", False) is False
    assert not calls


def test_an_error_in_a_stream_is_raised() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"first"
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        sent_by(RevocableResponse(StreamingResponse(broken()), lambda: None))


@pytest.mark.parametrize("end", ["revoke", "erase"])
def test_a_revoked_key_ends_the_events_of_a_programme(client: TestClient, register: Store, end: str) -> None:
    people = People(register)
    person = people.roles[Role.AUDITOR]
    runs = client.app.state.service.programmes.runs  # type: ignore[attr-defined]
    job = runs.create([Need(id="n", title="Falls")], None, RunOptions(Programme(name="Falls")))
    answered = threading.Event()

    def watch() -> None:
        client.get(f"/v1/programmes/{job.id}/events", headers=person.headers)
        answered.set()

    with job.locked():  # as long as the run is in progress
        job.save_progress(replace(job.progress(), state=State.RUNNING))
        watcher = threading.Thread(target=watch)
        watcher.start()
        assert not answered.wait(2.5), "the events go on while the key is valid"
        people.keys.revoke(person.key.split("_")[1]) if end == "revoke" else people.accounts.erase_member(
            person.member_id
        )
        assert answered.wait(60)
    watcher.join()
