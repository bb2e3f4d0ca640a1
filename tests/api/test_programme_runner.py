"""The queue of programmes: a run in it runs once, however often it was resumed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from api.programme_runner import ProgrammeRunner
from matcher.foundations.errors import Conflict
from matcher.programme.runs import Job, Progress, RunOptions, Runs, State, StopRequest
from matcher.records import Need, Profile
from matcher.store import Store
from tests.support.fakes import engine_over


class CountedRuns(Runs):
    """Runs that note which run is started."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.started: list[str] = []

    def run(self, id: str, **options: Any) -> Progress:
        self.started.append(id)
        return super().run(id, **options)


class HeldRunner(ProgrammeRunner):
    """A runner whose queue waits until it is started."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.runs: CountedRuns = CountedRuns(*arguments)

    def queued(self, id: str) -> Job:
        return self.start_run([Need(id=id, title="Falls")], RunOptions())


@pytest.fixture
def runner(file_store: Store, tmp_path: Path) -> Iterator[HeldRunner]:
    with file_store.writing() as writer:
        writer.put(Profile(id="p", name="Falls clinic"))
    runner = HeldRunner(engine_over(file_store), tmp_path / "programmes")
    yield runner
    runner.stop()


def wait_for(job: Job, state: State) -> None:
    deadline = time.monotonic() + 60
    while job.progress().state is not state:
        assert time.monotonic() < deadline, job.progress()
        time.sleep(0.02)


def test_a_run_that_was_resumed_several_times_runs_once(runner: HeldRunner) -> None:
    one, other = runner.queued("one"), runner.queued("other")
    one.request_stop(StopRequest.PAUSE)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(runner.resume, [runner.runs.jobs.job(one.id) for _ in range(4)]))
    last = runner.queued("last")
    runner.start()
    wait_for(last, State.FINISHED)
    assert sorted(runner.runs.started) == sorted([one.id, other.id, last.id])


def test_a_run_that_was_resumed_twice_and_paused_stays_paused(runner: HeldRunner) -> None:
    one = runner.queued("one")
    runner.resume(one)
    runner.resume(one)
    one.request_stop(StopRequest.PAUSE)
    last = runner.queued("last")
    runner.start()
    wait_for(last, State.FINISHED)
    assert (runner.runs.started, one.progress().state) == ([last.id], State.PAUSED)


def test_a_run_in_progress_or_over_cannot_be_resumed(runner: HeldRunner) -> None:
    one = runner.queued("one")
    with one.locked(), pytest.raises(Conflict):
        runner.resume(runner.runs.jobs.job(one.id))
    one.request_stop(StopRequest.CANCEL)
    with pytest.raises(Conflict, match="cancelled"):
        runner.resume(one)
