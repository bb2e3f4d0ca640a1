"""The other routes during an attack on uploads: python -m tests.benchmarks.uploads [PROFILES [SECONDS]].

Four clients search and list needs, first alone, and then while three organisations upload hostile and ordinary
files without pause. The 95th percentile of the other routes should at most double.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Final

import httpx
import numpy as np
import uvicorn

from api.app import create
from matcher.accounts import Accounts, Keys, OrganisationKind, Role
from matcher.foundations.settings import Settings
from matcher.store import Store
from tests.api.conftest import fake_engine
from tests.benchmarks.generated import demo_needs, generated_profiles
from tests.support import hostile_workbooks

CLIENTS: Final = 4
ATTACKERS: Final = 3
# Uploads that each attacker keeps open at the same time.
AT_ONCE: Final = 4


def files() -> dict[str, bytes]:
    """Return the files to upload, by name."""
    return {
        "far-row.xlsx": hostile_workbooks.far_row(),
        "last-column.xlsx": hostile_workbooks.last_column(100_000),
        "empty-rows.xlsx": hostile_workbooks.empty_rows(3_000_000),
        "shared-strings.xlsx": hostile_workbooks.shared_strings(17_000_000),
        "blank-lines.csv": b"title\n" + b"\n" * 20_000_000,
        "needs.csv": b"title\n" + b"".join(b"Falls classes no. %d\n" % number for number in range(100_000)),
    }


def fill(home: Path, profiles: int) -> list[str]:
    """Store `profiles` profiles, an organisation for each attacker and one for the other clients. Return their keys."""
    home.mkdir(parents=True)
    with Store.open(Settings(home=home).store_url) as store:
        with store.writing() as writer:
            writer.put_many((profile, None) for profile in generated_profiles(profiles))
        accounts, keys, texts = Accounts(store.database), Keys(store.database), []
        for number in range(ATTACKERS + 1):
            accounts.add_organisation(f"o{number}", name=f"Trust {number}", kind=OrganisationKind.PROGRAMME)
            member = accounts.add_member(f"o{number}", name="A. Person", roles=[Role.PROGRAMME])
            texts.append(keys.create(member.id).text)
    return texts


@contextmanager
def served(home: Path) -> Iterator[str]:
    """Serve the register in another process, with a fake encoder, and yield the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(home, port))
    process.start()
    url = f"http://127.0.0.1:{port}"
    try:
        while not _is_ready(url):
            if not process.is_alive():
                raise SystemExit("the service does not start")
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.join()


def _serve(home: Path, port: int) -> None:
    settings = Settings(home=home, rate_limit="none")
    uvicorn.run(create(settings, engine_of=fake_engine), port=port, log_level="error", access_log=False)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def attack(url: str, keys: list[str]) -> Iterator[None]:
    """Upload hostile and ordinary files from another process, which gives way to the service and its clients."""
    context = multiprocessing.get_context("spawn")
    begun = context.Event()
    process = context.Process(target=_attack_all, args=(url, keys, files(), begun))
    process.start()
    begun.wait()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def _attack_all(url: str, keys: list[str], uploads: dict[str, bytes], begun: Event) -> None:
    os.nice(15)

    async def run() -> None:
        statuses = Counter[str]()
        limits = httpx.Limits(max_connections=100)
        begun.set()
        async with httpx.AsyncClient(base_url=url, timeout=200, limits=limits) as client, asyncio.TaskGroup() as group:
            for key in keys:
                for number in range(AT_ONCE):
                    group.create_task(_attack(client, key, number, uploads, statuses))

    asyncio.run(run())


async def measure(url: str, key: str, seconds: float) -> list[float]:
    """Return the seconds that each request of the clients takes."""
    taken, until = list[float](), time.monotonic() + seconds
    async with httpx.AsyncClient(base_url=url, timeout=200) as client:
        await asyncio.gather(*(_use(client, key, number, until, taken) for number in range(CLIENTS)))
    return taken


async def _use(client: httpx.AsyncClient, key: str, number: int, until: float, taken: list[float]) -> None:
    headers, needs, count = {"Authorization": f"Bearer {key}"}, demo_needs(), 0
    while time.monotonic() < until:
        need = needs[(number * 7 + count) % len(needs)]
        count += 1
        started = time.perf_counter()
        if count % 2:
            answer = await client.post("/v1/search", json={"text": f"{need.title} {number}-{count}"}, headers=headers)
        else:
            answer = await client.get("/v1/needs?limit=20", headers=headers)
        answer.raise_for_status()
        taken.append(time.perf_counter() - started)
        await asyncio.sleep(0.05)


async def _attack(
    client: httpx.AsyncClient, key: str, number: int, uploads: dict[str, bytes], statuses: Counter[str]
) -> None:
    headers, names = {"Authorization": f"Bearer {key}"}, list(uploads)
    while True:
        name = names[number % len(names)]
        number += 1
        try:
            answer = await client.post("/v1/uploads/previews", files={"file": (name, uploads[name])}, headers=headers)
        except httpx.TransportError:  # refused while the body was being sent
            await asyncio.sleep(0.5)
            continue
        reason = answer.json().get("detail", "")[:60] if answer.status_code != 200 else ""
        statuses[f"{answer.status_code} {reason}"] += 1
        print(f"    {answer.status_code} {reason}, {statuses[f'{answer.status_code} {reason}']} times", flush=True)
        await asyncio.sleep(0.5)


def run(profiles: int, seconds: float) -> None:
    """Run the benchmark and print the results."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        own, *keys = fill(home, profiles)
        with served(home) as url:
            asyncio.run(measure(url, own, 3))
            for name in ("at rest", "under attack", "at rest again"):
                with attack(url, keys) if name == "under attack" else nullcontext():
                    taken = asyncio.run(measure(url, own, seconds))
                found[name] = (1_000 * np.quantile(taken, [0.5, 0.95])).tolist()
                p50, p95 = found[name]
                print(f"{name}: {len(taken):,} requests, p50 {p50:.0f} ms, p95 {p95:.0f} ms", flush=True)
    rest = (found["at rest"][1] + found["at rest again"][1]) / 2
    print(f"p95 under attack is {found['under attack'][1] / rest:.2f} times that at rest")


if __name__ == "__main__":
    run(*(int(argument) for argument in (sys.argv[1:] + ["2000", "30"][len(sys.argv) - 1 :])))
