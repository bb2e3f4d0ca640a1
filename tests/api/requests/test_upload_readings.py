"""Readings of uploads that do not end by themselves: the answer is clear, and the slot is free again."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create
from api.routes.matching import uploads
from matcher.foundations.settings import Settings
from matcher.programme.needs.reading import reading
from matcher.programme.needs.reading.reading import UPLOAD_LIMITS, NeedsSource
from tests.api.conftest import fake_engine
from tests.api.requests.test_raw_connections import ask, head
from tests.api.support.checks import problem
from tests.api.support.server import served_app
from tests.support.readers import readers

FORM = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="n.csv"\r\n\r\ntitle\nFalls\r\n--x--\r\n',
    "Content-Type: multipart/form-data; boundary=x",
)


@pytest.fixture
def endless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """While the event is set, every preview waits for a pipe into which nothing is written."""
    os.mkfifo(tmp_path / "pipe")
    is_endless = threading.Event()
    is_endless.set()

    def preview(source: NeedsSource, _: Any) -> Any:
        path = tmp_path / "pipe" if is_endless.is_set() else source.path
        return reading.preview(replace(source, path=path), uploads.UPLOAD_LIMITS)

    monkeypatch.setattr(uploads, "preview", preview)
    yield is_endless
    for process in readers():
        process.kill()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def send(client: TestClient) -> Any:
    return client.post("/v1/uploads/previews", files={"file": ("n.csv", b"title\nFalls\n")})


def test_a_killed_reading(client: TestClient, endless: threading.Event) -> None:
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(send, client)
        wait_until(lambda: len(readers()) == 1)
        readers()[0].kill()
        body = problem(answer.result(), 503)
    assert body["detail"] == "The file was not read: the process that read the file was ended"
    assert answer.result().headers["retry-after"]
    endless.clear()
    assert send(client).json()["accepted"] == 1


def test_a_reading_past_its_deadline(
    client: TestClient, endless: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "UPLOAD_LIMITS", replace(UPLOAD_LIMITS, seconds=0.1))
    assert "takes longer than" in problem(send(client), 422, field="file")["detail"]
    assert endless.is_set()
    assert not readers()


def test_a_reading_out_of_memory(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "UPLOAD_LIMITS", replace(UPLOAD_LIMITS, memory=200_000_000))
    rows = b"title\n" + b"x" * 300_000 + b"\n"
    answer = client.post("/v1/uploads/previews", files={"file": ("n.jsonl", b"[" + b'{"a":' + rows * 100)})
    problem(answer, 422, field="file")
    assert not readers()


def test_a_client_that_goes_ends_its_reading(settings: Settings, endless: threading.Event) -> None:
    form, kind = FORM
    request = head("POST", "/v1/uploads/previews", kind, f"Content-Length: {len(form)}") + form
    with served_app(create(settings, engine_of=fake_engine)) as port:
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                connection.sendall(request)
                wait_until(lambda: len(readers()) == 1)
            wait_until(lambda: not readers())
        endless.clear()
        assert ask(port, request)[0] == 200


def test_one_caller_cannot_hold_every_slot(client: TestClient, endless: threading.Event) -> None:
    with ThreadPoolExecutor() as pool:
        first, second = pool.submit(send, client), pool.submit(send, client)
        queue = client.app.state.service.uploads  # type: ignore[attr-defined]
        wait_until(lambda: len(readers()) == 1 and sum(queue.in_progress.values()) == 2)
        refused = send(client)
        problem(refused, 429)
        assert refused.headers["retry-after"]
        assert client.get("/v1/needs").status_code == 200
        endless.clear()
        assert len(readers()) == 1
        readers()[0].kill()
        assert sorted([first.result().status_code, second.result().status_code]) == [200, 503]
    assert not queue.in_progress
