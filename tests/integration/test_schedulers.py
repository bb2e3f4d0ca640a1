"""A run gives the same files, byte for byte, with any scheduler or chunk size, and even if a process is killed."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil
import pytest

from matcher.foundations.errors import Unavailable
from matcher.programme.runs import DaskCluster, InProcess, ProcessPool, Scheduler, State
from matcher.store import Store
from tests.support.programmes import files_of, fill, made_needs, options, output_of, runs_in
from tests.support.strategies import TODAY

NEEDS: Final = 60
KILLS: Final = int(os.environ.get("MATCHER_TEST_KILLS", "4"))


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Store]:
    """A store with profiles."""
    with Store.open(f"sqlite:///{tmp_path / 'register.sqlite'}") as store:
        fill(store)
        yield store


def test_chunk_size_and_processes_do_not_change_the_files(filled: Store, tmp_path: Path) -> None:
    runs, needs = runs_in(tmp_path / "programmes", filled), made_needs(NEEDS)
    cases: list[tuple[Scheduler, int]] = [(InProcess(), 1), (InProcess(), 7), (InProcess(), NEEDS), (ProcessPool(2), 9)]
    outputs = [
        output_of(runs, needs, tmp_path / f"out-{n}", scheduler, chunk=chunk)
        for n, (scheduler, chunk) in enumerate(cases)
    ]
    assert all(output == outputs[0] for output in outputs)
    engine = runs_in(tmp_path, filled).engine
    expected = [engine.search(need, top=5, on=TODAY).model_dump(mode="json", exclude_none=True) for need in needs]
    assert [json.loads(line) for line in outputs[0]["matches.jsonl"].splitlines()] == expected


def test_dask_with_one_two_and_four_workers(filled: Store, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    runs, needs = runs_in(tmp_path / "programmes", filled), made_needs(NEEDS)
    expected = output_of(runs, needs, tmp_path / "here", InProcess(), chunk=NEEDS)
    for workers in (1, 2, 4):
        with distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=":0", local_directory=str(tmp_path / "dask")
        ) as cluster:
            output = output_of(
                runs, needs, tmp_path / f"dask-{workers}", DaskCluster(cluster.scheduler_address), chunk=7
            )
        assert output == expected, workers


def test_a_dask_worker_that_dies_is_replaced(filled: Store, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    runs, needs = runs_in(tmp_path / "programmes", filled), made_needs(NEEDS)
    expected = output_of(runs, needs, tmp_path / "here", InProcess(), chunk=NEEDS)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", local_directory=str(tmp_path / "dask")
    ) as cluster:
        victims = [cluster.workers[n].pid for n in cluster.workers]
        job = runs.create(needs, tmp_path / "out", options(2))
        killed: list[int] = []

        def kill_once(progress: object) -> None:
            if getattr(progress, "done", 0) > 4 and not killed:
                os.kill(victims[0], signal.SIGKILL)
                killed.append(victims[0])

        done = runs.run(job.id, scheduler=DaskCluster(cluster.scheduler_address), on_progress=kill_once)
    assert killed
    assert files_of(done.files) == expected


def test_a_missing_dask_scheduler_is_an_error(filled: Store, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    runs = runs_in(tmp_path / "programmes", filled)
    job = runs.create(made_needs(2), tmp_path / "out")
    with pytest.raises(Unavailable, match="no Dask scheduler"):
        runs.run(job.id, scheduler=DaskCluster("tcp://127.0.0.1:9", wait_seconds=1))
    assert job.progress().state is State.FAILED
    assert "no Dask scheduler" in job.progress().problem
    assert runs.run(job.id, scheduler=InProcess()).state is State.FINISHED


def run_in_process(home: Path, id: str) -> None:
    """Run a job with two worker processes."""
    with Store.open(f"sqlite:///{home / 'register.sqlite'}") as store:
        runs_in(home / "programmes", store).run(id, scheduler=ProcessPool(2))


def test_a_process_killed_while_it_writes_the_results(filled: Store, tmp_path: Path) -> None:
    runs, needs = runs_in(tmp_path / "programmes", filled), made_needs(NEEDS)
    expected = output_of(runs, needs, tmp_path / "uninterrupted", InProcess(), chunk=NEEDS)
    rng = random.Random(7)
    job, out = runs.create(needs, tmp_path / "out", options(NEEDS)), tmp_path / "out"
    for _ in range(3):
        process = multiprocessing.get_context("spawn").Process(target=run_in_process, args=(tmp_path, job.id))
        process.start()
        while job.progress().phase != "writing" and process.is_alive():
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.2))
        process.kill()
        process.join()
        complete = {path.name for path in out.iterdir() if not path.name.startswith(".")} if out.exists() else set()
        assert complete in (set(), set(expected))
    assert files_of(runs.run(job.id, scheduler=InProcess()).files) == expected
    assert {path.name for path in out.iterdir()} == set(expected), "the killed processes leave no files"


def test_processes_killed_at_random_moments(filled: Store, tmp_path: Path) -> None:
    """SIGKILL ends the coordinator or the workers. The resumed run gives the same files as an uninterrupted run."""
    runs, needs = runs_in(tmp_path / "programmes", filled), made_needs(NEEDS)
    expected = output_of(runs, needs, tmp_path / "uninterrupted", InProcess(), chunk=NEEDS)
    rng = random.Random(20_231_005)
    processes = multiprocessing.get_context("spawn")
    kills: list[tuple[str, int]] = []
    job = None
    rounds = 0
    while len(kills) < KILLS:
        rounds += 1
        if job is None:
            job = runs.create(needs, tmp_path / f"out-{rounds}", options(1))
        process = processes.Process(target=run_in_process, args=(tmp_path, job.id))
        process.start()
        assert process.pid is not None
        until = job.progress().done + rng.randint(0, 12)
        deadline = time.monotonic() + 60
        while process.is_alive() and job.progress().done < until and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.05 if until else 4))
        victim = rng.choice(["coordinator", "worker"])
        children = psutil.Process(process.pid).children(recursive=True) if process.is_alive() else []
        workers = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
        if victim == "worker" and workers:
            rng.choice(workers).kill()
            kills.append((victim, job.progress().done))
            process.join(120)
            assert process.exitcode == 0, "a lost worker is replaced"
        elif process.is_alive():
            process.kill()
            process.join()
            kills.append(("coordinator", job.progress().done))
            _, alive = psutil.wait_procs(children, timeout=20)
            assert not alive, "workers exit with their coordinator"
        process.join()
        print(f"{len(kills)} killed, last {kills[-1:]} of {NEEDS}", flush=True)
        if job.progress().state is State.FINISHED:
            assert files_of(job.progress().files) == expected
            job = None

    if job is not None:
        assert files_of(runs.run(job.id, scheduler=InProcess()).files) == expected
    assert len(kills) == KILLS
