"""A Dask cluster whose coordinator, worker or scheduler is killed: the resumed run gives the same files."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Final

import psutil
import pytest

from matcher.foundations.errors import Unavailable
from matcher.programme.runs import DaskCluster, InProcess, Job, State
from matcher.store import Store
from tests.support.programmes import files_of, fill, made_needs, options, output_of, runs_in

NEEDS: Final = 60
KILLS: Final = int(os.environ.get("MATCHER_TEST_KILLS", "3"))
VICTIMS: Final = ("coordinator", "worker", "scheduler")
PHASES: Final = ("encoding", "matching", "matching", "matching", "matching", "writing")
# The exit code of a run that has lost its scheduler.
LOST: Final = 3
PROCESSES: Final = multiprocessing.get_context("spawn")


def serve(connection: Connection, folder: Path) -> None:
    """Run a cluster, with a scheduler and two workers, until `connection` is closed."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", local_directory=str(folder)
    ) as cluster:
        connection.send(cluster.scheduler_address)
        try:
            connection.recv()
        except EOFError:
            return


def run_on(home: Path, id: str, address: str) -> None:
    """Run a job on a cluster. Exit with LOST if the scheduler is lost."""
    with Store.open(f"sqlite:///{home / 'register.sqlite'}") as store:
        try:
            runs_in(home / "programmes", store).run(id, scheduler=DaskCluster(address, wait_seconds=20))
        except Unavailable as error:
            raise SystemExit(LOST) from error


@dataclass(frozen=True)
class Served:
    """A cluster in a separate process."""

    process: SpawnProcess
    address: str

    def workers(self) -> list[psutil.Process]:
        """Return the worker processes."""
        assert self.process.pid is not None
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


@contextmanager
def cluster_in(folder: Path) -> Iterator[Served]:
    here, there = PROCESSES.Pipe()
    process = PROCESSES.Process(target=serve, args=(there, folder))
    process.start()
    there.close()
    children: list[psutil.Process] = []
    try:
        assert here.poll(120), "the cluster starts"
        served = Served(process, here.recv())
        children = served.workers()
        yield served
    finally:
        here.close()
        process.join(60)
        process.kill()
        psutil.wait_procs(children, timeout=30)


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Store]:
    """A store with profiles."""
    pytest.importorskip("distributed")
    with Store.open(f"sqlite:///{tmp_path / 'register.sqlite'}") as store:
        fill(store)
        yield store


def wait_for_random_moment(job: Job, process: SpawnProcess, rng: random.Random) -> None:
    """Wait until a random moment in a run, usually while the run is searching chunks."""
    phase, until = rng.choice(PHASES), rng.randint(0, NEEDS - 1)
    deadline = time.monotonic() + 90
    while process.is_alive() and time.monotonic() < deadline:
        now = job.progress()
        if now.phase == phase and now.done >= (until if phase == "matching" else 0):
            break
        time.sleep(0.001)
    time.sleep(rng.uniform(0, 0.03))


def test_killed_at_random_moments_on_a_cluster(filled: Store, tmp_path: Path) -> None:
    runs, needs = runs_in(tmp_path / "programmes", filled), made_needs(NEEDS)
    expected = output_of(runs, needs, tmp_path / "uninterrupted", InProcess(), chunk=NEEDS)
    rng = random.Random(20_261_122)
    kills: list[str] = []
    job, rounds = None, 0
    while len(kills) < KILLS:
        with cluster_in(tmp_path / "dask") as cluster:
            while len(kills) < KILLS:
                rounds += 1
                job = job or runs.create(needs, tmp_path / f"out-{rounds}", options(1))
                run = PROCESSES.Process(target=run_on, args=(tmp_path, job.id, cluster.address))
                run.start()
                victim = VICTIMS[len(kills) % len(VICTIMS)]
                wait_for_random_moment(job, run, rng)
                if run.is_alive():
                    now = job.progress()
                    {"coordinator": run, "scheduler": cluster.process}.get(victim, rng.choice(cluster.workers())).kill()
                    kills.append(victim)
                    run.join(120)
                    assert run.exitcode is not None, f"the run ends when the {victim} is killed"
                    print(
                        f"{len(kills)}: {victim} killed while {now.phase} {now.done}, exit code {run.exitcode}",
                        flush=True,
                    )
                    assert run.exitcode == {"coordinator": -9, "worker": 0}.get(victim, run.exitcode)
                run.join()
                if job.progress().state is State.FINISHED:
                    assert files_of(job.progress().files) == expected
                    job = None
                elif victim == "scheduler":
                    assert (run.exitcode, job.progress().state) == (LOST, State.FAILED)
                    assert "Dask scheduler" in job.progress().problem
                if victim == "scheduler" and not cluster.process.is_alive():
                    break
    if job is not None:
        assert files_of(runs.run(job.id, scheduler=InProcess()).files) == expected
