"""Machine faults: a full disk, an unavailable database, damaged files, a clock that jumps back.

The service reports what is wrong, keeps what it has accepted, and recovers without help once the fault is gone.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import time_machine
from sqlalchemy import make_url

from matcher.ledger import Event, Ledger
from matcher.records import Need, Profile
from matcher.store import RecordKind, Store
from tests.integration.test_serving import free_port
from tests.support.fakes import engine_over

PATIENCE = 90.0


class Running:
    """`matcher serve` in a separate process, with a client."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        port = free_port()
        command = [sys.executable, "-m", "matcher", "--home", str(home), "serve", "--port", str(port)]
        self.process = subprocess.Popen(command, env={**os.environ, "MATCHER_RATE_LIMIT": "none", **environment})
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE)

    def put(self, id: str, summary: str = "falls") -> int:
        """Register a profile and return the HTTP status."""
        return self.client.put(f"/v1/profiles/{id}", json={"name": f"Clinic {id}", "summary": summary}).status_code

    def found(self) -> list[str]:
        """Return the ids of all profiles that a search finds."""
        answer = self.client.post("/v1/search", json={"text": "falls", "top": 1000})
        assert answer.status_code == 200, answer.text
        return sorted(match["profile_id"] for match in answer.json()["results"])

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait until `holds` returns true."""
        deadline = time.monotonic() + PATIENCE
        while True:
            with suppress(httpx.TransportError):
                if holds():
                    return
            assert self.process.poll() is None, "the service has stopped"
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def ready(self) -> bool:
        """Return whether the service reports that it is ready."""
        return self.client.get("/readyz").status_code == 200


@contextmanager
def serving(home: Path, **environment: str) -> Iterator[Running]:
    running = Running(home, environment)
    try:
        running.wait_until(running.ready)
        yield running
    finally:
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(PATIENCE)
        running.client.close()


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux sets limits on a running process")
def test_a_full_disk(tmp_path: Path, tiny_encoder: Path) -> None:
    """Stop the service's files from growing, so that each write to the database fails as if the disk were full."""
    home = tmp_path / "home"
    with serving(home, MATCHER_ENCODER=str(tiny_encoder)) as service:
        assert service.put("before") == 201
        largest = max(file.stat().st_size for file in home.glob("register.sqlite*"))
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (largest + 65_536, resource.RLIM_INFINITY))
        accepted, statuses = ["before"], set()
        for number in range(40):
            status = service.put(f"full-{number:02}", "falls " * 4_000)
            statuses.add(status)
            accepted += [f"full-{number:02}"] if status == 201 else []
        assert statuses <= {201, 503}
        assert 503 in statuses, "the disk did not fill"
        assert service.found() == sorted(accepted), "search finds the accepted profiles only"
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        service.wait_until(lambda: service.put("after") == 201)
        accepted.append("after")
        assert service.found() == sorted(accepted)
    with Store.open(f"sqlite:///{home / 'register.sqlite'}") as store:
        assert sorted(store.profiles(accepted)) == sorted(accepted)
        assert store.counts()["profiles"] == len(accepted)
        assert store.problems() == []


class Wire:
    """A connection to a server that can be cut and restored."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._ends: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._whole = True
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Drop every connection and refuse new ones."""
        self._whole = False
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()

    def mend(self) -> None:
        """Accept connections again."""
        self._whole = True

    def _accept(self) -> None:
        while True:
            near, _ = self._listening.accept()
            if not self._whole:
                near.close()
                continue
            far = socket.create_connection(self._server)
            self._ends += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def test_the_database_becomes_unavailable_and_returns(postgres_url: str, tmp_path: Path, tiny_encoder: Path) -> None:
    url = make_url(postgres_url)
    wire = Wire(str(url.host), int(url.port or 5432))
    through = url.set(host="127.0.0.1", port=wire.port).render_as_string(hide_password=False)
    environment = {"MATCHER_DATABASE_URL": through, "MATCHER_ENCODER": str(tiny_encoder)}
    with serving(tmp_path / "home", **environment) as service:
        assert service.put("before") == 201
        assert service.found() == ["before"]
        for turn in range(3):
            wire.cut()
            assert service.put(f"lost-{turn}") == 503
            refused = service.client.post("/v1/search", json={"text": "falls"})
            assert refused.status_code == 503
            assert refused.json()["type"] == "/problems/unavailable"
            assert int(refused.headers["Retry-After"]) > 0
            assert service.client.get("/readyz").json()["errors"][0]["field"] == "database"
            assert service.client.get("/healthz").status_code == 200
            wire.mend()
            service.wait_until(service.ready)
            assert service.put(f"back-{turn}") == 201
            assert service.found() == [*(f"back-{n}" for n in range(turn + 1)), "before"]


def test_what_one_process_accepts_the_other_finds_within_two_seconds(
    server_url: str, tmp_path: Path, tiny_encoder: Path
) -> None:
    environment = {"MATCHER_DATABASE_URL": server_url, "MATCHER_ENCODER": str(tiny_encoder)}
    with serving(tmp_path / "one", **environment) as one, serving(tmp_path / "two", **environment) as two:
        for number in range(10):
            here, there = (one, two) if number % 2 else (two, one)
            assert here.put(f"p{number}") == 201
            # The next search finds the new profile without waiting.
            assert f"p{number}" in there.found()


def test_damaged_index_files_are_rebuilt(tmp_path: Path, tiny_encoder: Path) -> None:
    home, deal = tmp_path / "home", random.Random(7)
    with serving(home, MATCHER_ENCODER=str(tiny_encoder)) as service:
        for number in range(20):
            assert service.put(f"p{number:02}") == 201
        expected = service.found()
    for damage in ("bytes", "cut", "gone"):
        files = sorted(file for file in (home / "index").rglob("*") if file.is_file() and file.name != "LOCK")
        for file in deal.sample(files, k=min(4, len(files))):
            content = bytearray(file.read_bytes())
            if damage == "gone":
                file.unlink()
            elif damage == "cut":
                file.write_bytes(content[: len(content) // 2])
            else:
                content[deal.randrange(len(content))] ^= 0xFF
                file.write_bytes(content)
        with serving(home, MATCHER_ENCODER=str(tiny_encoder)) as service:
            assert service.found() == expected


def test_a_clock_that_jumps_back_does_not_change_the_order(store: Store) -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    engine, ledger = engine_over(store), Ledger(store)
    need = Need.from_text("falls")
    for hours in (0, 5, -48, 1, -5_000):
        with time_machine.travel(now + timedelta(hours=hours), tick=False):
            with store.writing() as writer:
                put = writer.put(Profile(id="p", name="Clinic", summary=f"falls at {hours}"))
                writer.put(Profile(id=f"p{hours}", name="Clinic", summary="falls"))
            found = engine.search(need, top=100)
            assert found.sequence == put.sequence + 1
            assert store.profile("p").record.summary == f"falls at {hours}", "the last write is the latest revision"
            kept = ledger.save(engine, need, by="a-body").entry.content.decision
            ledger.note(kept, Event.SHORTLIST, "p", by="a-body")
    numbers = [revision.number for revision in store.history(RecordKind.PROFILE, "p")]
    assert numbers == [1, 2, 3, 4, 5]
    assert store.problems() == []
    assert ledger.verify().intact
    assert all(replay.identical for replay in ledger.replays(engine))
