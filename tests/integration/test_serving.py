"""`matcher serve` as a separate process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import httpx
import pytest

from matcher.accounts import Accounts, Keys, OrganisationKind
from matcher.bootstrap import opened_store
from matcher.cli.serve import who_may_use
from matcher.foundations.settings import Settings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(home: Path, port: int, environment: dict[str, str]) -> Iterator[httpx.Client]:
    """Run `matcher --home HOME serve --port PORT` until the block ends."""
    command = [sys.executable, "-m", "matcher", "--home", str(home), "serve", "--port", str(port)]
    with subprocess.Popen(command, env={**os.environ, **environment}) as process:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
                deadline = time.monotonic() + 120
                while True:
                    assert process.poll() is None, "the service has ended"
                    assert time.monotonic() < deadline, "the service does not answer"
                    try:
                        client.get("/healthz")
                        break
                    except httpx.TransportError:
                        time.sleep(0.1)
                yield client
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(60) in (0, 1, 130, -signal.SIGINT)


def test_serve_uses_the_home_of_the_command_line_and_hides_the_server_name(tmp_path: Path, tiny_encoder: Path) -> None:
    environment = {"MATCHER_HOME": str(tmp_path / "other"), "MATCHER_ENCODER": str(tiny_encoder)}
    with serving(tmp_path / "home", free_port(), environment) as client:
        answer = client.put("/v1/profiles/a", json={"name": "Falls clinic"})
        assert answer.status_code == 201
        assert "server" not in answer.headers
    assert (tmp_path / "home" / "register.sqlite").exists()
    assert not (tmp_path / "other").exists()


def test_settings_survive_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = Settings(
        home=tmp_path,
        database_url="postgresql+psycopg://a:b@c/d",
        encoder=tmp_path / "model",
        device="cpu",
        candidates=77,
        host="::1",
        port=0,
    )
    for settings in (chosen, Settings()):
        with monkeypatch.context() as patch:
            for name, value in settings.environment().items():
                patch.setenv(name, value)
            assert Settings() == settings


@pytest.mark.parametrize(
    ("access", "has_key", "host", "said"),
    [
        (None, False, "127.0.0.1", "Until you create the first key"),
        (None, True, "127.0.0.1", "Every request needs a key."),
        ("keys", False, "127.0.0.1", "Every request needs a key. Create one with: matcher accounts add-key"),
        (None, False, "0.0.0.0", "Every request needs a key. Create one with: matcher accounts add-key"),
        ("open", True, "127.0.0.1", "Anyone on this machine can do everything, because MATCHER_ACCESS is open."),
    ],
)
def test_serve_says_who_may_use_it(
    tmp_path: Path, access: Literal["open", "keys"] | None, has_key: bool, host: str, said: str
) -> None:
    settings = Settings(home=tmp_path / "home", access=access, host=host)
    if has_key:
        with opened_store(settings) as store:
            accounts = Accounts(store.database)
            accounts.add_organisation("icb", name="An ICB", kind=OrganisationKind.COMMISSIONER)
            Keys(store.database).create(accounts.add_member("icb", name="A. Person").id)
    assert who_may_use(settings).startswith(said)
