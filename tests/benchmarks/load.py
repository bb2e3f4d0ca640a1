"""The service under load: 1, 8 and 32 clients search while ten profiles per second are stored.

python -m tests.benchmarks.load [PASSAGES [SECONDS]]

Afterwards, the benchmark looks for every profile that the service accepted. It also kills the service under load.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import numpy as np

from matcher.bootstrap import encoder_of
from matcher.embedding import CachedEncoder, Progress
from matcher.foundations.arrays import Vectors
from matcher.foundations.settings import Settings
from matcher.index import Index, Snapshots
from matcher.store import Store
from matcher.texts.passages import passages_of
from tests.benchmarks.generated import RandomVectors, demo_needs, generated_profiles

CLIENTS = (1, 8, 32)
WRITES_A_SECOND = 10


class _FakeVectors(RandomVectors):
    """Random vectors with the fingerprint of the service's encoder, so that the service uses them."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__()
        self.fingerprint = fingerprint

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return one row per text."""
        return self(texts)

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Return one row per text."""
        return self(texts)


@dataclass
class Load:
    """The results of one period under load."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    accepted: list[str] = field(default_factory=list)
    written: list[float] = field(default_factory=list)


def fill(home: Path, passages: int) -> None:
    """Create a register with about `passages` passages, their vectors and a snapshot of the index."""
    profiles = generated_profiles(passages // 8)
    counts = np.cumsum([len(passages_of(profile)) for profile in profiles])
    profiles = profiles[: int(np.searchsorted(counts, passages)) + 1]
    settings = Settings(home=home)
    home.mkdir(parents=True, exist_ok=True)
    with Store.open(settings.store_url) as store:
        with store.writing() as writer:
            writer.put_many((profile, None) for profile in profiles)
        encoder = CachedEncoder(_FakeVectors(encoder_of(settings).fingerprint), store.vectors)
        index = Index(encoder.fingerprint).updated(
            [(change.sequence, change.id, change.profile) for change in store.profile_changes(0)],
            encoder.encode,
            store.sequence(),
        )
        origin = store.origin(store.sequence())
        Snapshots(settings.index_folder).save(replace(index, origin=origin))
        print(f"{len(index.passages):,} passages of {len(index):,} profiles")


class Service:
    """`matcher serve` as a separate process."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "matcher", "--home", str(home), "serve", "--port", str(self.port)]
        environment = {**os.environ, "MATCHER_RATE_LIMIT": "none", "MATCHER_LOG": "text"}
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 300
        while True:
            try:
                if httpx.get(f"{self.url}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit("the service does not start")
            time.sleep(0.2)

    @property
    def url(self) -> str:
        """The address of the service."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop the process by sending it the signal `how`."""
        self.process.send_signal(how)
        self.process.wait(60)


async def put_under_load(service: Service, clients: int, seconds: float, *, kill: bool = False) -> Load:
    """Let `clients` clients search while profiles are stored. With `kill`, kill the service halfway through."""
    load, until = Load(), time.monotonic() + seconds
    limits = httpx.Limits(max_connections=clients + WRITES_A_SECOND * 4)
    async with (
        httpx.AsyncClient(base_url=service.url, timeout=60, limits=limits) as client,
        asyncio.TaskGroup() as group,
    ):
        for number in range(clients):
            group.create_task(_search(client, number, until, load))
        group.create_task(_register(client, f"{clients}-{'killed' if kill else 'load'}", until, load))
        if kill:
            await asyncio.sleep(seconds / 2)
            service.stop(signal.SIGKILL)
    return load


async def _search(client: httpx.AsyncClient, number: int, until: float, load: Load) -> None:
    needs, searches = demo_needs(), 0
    while time.monotonic() < until:
        need = needs[(number * 7 + searches) % len(needs)]
        searches += 1
        started = time.perf_counter()
        try:
            answer = await client.post("/v1/search", json={"text": f"{need.title} {number}-{searches}", "top": 10})
        except httpx.TransportError:
            return
        load.seconds.append(time.perf_counter() - started)
        load.statuses[answer.status_code] += 1


async def _register(client: httpx.AsyncClient, name: str, until: float, load: Load) -> None:
    profiles, tasks, started = generated_profiles(2_000, seed=len(name)), [], time.monotonic()
    for number, profile in enumerate(profiles):
        due = started + number / WRITES_A_SECOND
        if due > until:
            break
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        body = profile.model_dump(mode="json", exclude_none=True, exclude={"id"})
        tasks.append(asyncio.create_task(_put(client, f"new-{name}-{number:05}", body, load)))
    await asyncio.gather(*tasks)


async def _put(client: httpx.AsyncClient, id: str, body: dict[str, object], load: Load) -> None:
    started = time.perf_counter()
    try:
        answer = await client.put(f"/v1/profiles/{id}", json=body)
    except httpx.TransportError:
        return
    load.statuses[answer.status_code] += 1
    if answer.status_code in (200, 201):
        load.accepted.append(id)
        load.written.append(time.perf_counter() - started)


def summary(clients: int, seconds: float, load: Load) -> str:
    """Return the results in `load` as one line of text."""
    p50, p95, p99 = (1000 * np.quantile(load.seconds, [0.5, 0.95, 0.99])).tolist()
    w50, w95 = (1000 * np.quantile(load.written, [0.5, 0.95])).tolist()
    failed = sum(count for status, count in load.statuses.items() if status >= 400)
    return (
        f"{clients:>2} clients: {len(load.seconds) / seconds:5.1f} searches/s, p50 {p50:5.0f} ms, p95 {p95:5.0f} ms, "
        f"p99 {p99:5.0f} ms; {len(load.accepted) / seconds:4.1f} stored/s, p50 {w50:4.0f} ms, p95 {w95:5.0f} ms; "
        f"{failed} errors"
    )


def missing(home: Path, ids: list[str]) -> list[str]:
    """Return the ids that are not in the register."""
    with Store.open(Settings(home=home).store_url) as store:
        stored = store.profiles(ids)
    return [id for id in ids if id not in stored]


def run(passages: int, seconds: float) -> None:
    """Run the benchmark and print the results."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        fill(home, passages)
        service, accepted = Service(home), []
        for clients in CLIENTS:
            load = asyncio.run(put_under_load(service, clients, seconds))
            accepted += load.accepted
            print(summary(clients, seconds, load), flush=True)
        load = asyncio.run(put_under_load(service, 8, seconds, kill=True))
        accepted += load.accepted
        print(f"killed half way: {len(load.accepted)} profiles had been accepted")
        print(f"accepted in total: {len(accepted):,}; missing afterwards: {len(missing(home, accepted))}")
        restarted = Service(home)
        status = httpx.get(f"{restarted.url}/v1/profiles/{accepted[-1]}").status_code
        print(f"restarted: reading the last accepted profile gives status {status}")
        restarted.stop()


if __name__ == "__main__":
    run(*(int(argument) for argument in (sys.argv[1:] + ["100000", "20"][len(sys.argv) - 1 :])))
