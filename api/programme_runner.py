"""The programme runner: runs programmes one after the other in the background, and continues them after a restart."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from matcher.foundations.errors import Conflict, MatcherError
from matcher.programme.runs import Job, RunOptions, Runs, State, StopRequest
from matcher.programme.runs.job import INTERRUPTED
from matcher.records import Need
from matcher.search.engine import Engine

_STOP: Final = ""
_log = logging.getLogger(__name__)


class ProgrammeRunner:
    """Runs the programmes stored in `folder` in one background thread."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.runs = Runs(engine, folder)
        self._queue: queue.Queue[str] = queue.Queue()
        self._current: Job | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run_queue, name="programmes", daemon=True)

    def start(self) -> None:
        """Start the background thread, which first runs the programmes left in the queue at the last shutdown."""
        for id in self.runs.jobs.ids():
            if self.runs.jobs.job(id).progress().state is State.QUEUED:
                self._queue.put(id)
        self._thread.start()

    def start_run(self, needs: Iterable[Need], options: RunOptions) -> Job:
        """Save a run of `needs`, queue it and return its job.

        `options` holds the programme, who requested the run, and notes for the report.

        Raises:
            InvalidInput: two needs have the same id.
            Unavailable: the run could not be saved.

        """
        return self._queued(self.runs.create(needs, None, options))

    def start_run_from(self, needs: Path, options: RunOptions, *, refused: int, rejects: Path) -> Job:
        """Save a run of the needs in a file, queue it and return its job; see `Runs.create_from`.

        Raises:
            Unavailable: the run could not be saved.

        """
        return self._queued(self.runs.create_from(needs, None, options, refused=refused, rejects=rejects))

    def _queued(self, job: Job) -> Job:
        self._queue.put(job.id)
        return job

    def resume(self, job: Job) -> None:
        """Return the paused or failed run `job` to the queue.

        Raises:
            Conflict: the run is finished, cancelled or running.

        """
        if (state := job.progress().state) is State.RUNNING:
            raise _not_resumable(job, state)
        with job.locked():  # nobody runs the job, so that its state cannot change meanwhile
            progress = job.progress()
            if progress.state.is_over:
                raise _not_resumable(job, progress.state)
            job.save_progress(replace(progress, state=State.QUEUED, problem=""))
        self._queue.put(job.id)

    def stop(self) -> None:
        """Stop the current run once the chunks being searched are done. It continues when the service next starts."""
        self._stopping.set()
        self._queue.put(_STOP)
        current = self._current
        if current is not None and not current.progress().state.is_over:
            current.request_stop(StopRequest.PAUSE)
        if self._thread.is_alive():
            self._thread.join()

    def _run_queue(self) -> None:
        while (id := self._queue.get()) != _STOP and not self._stopping.is_set():
            try:
                self._current = self.runs.jobs.job(id)
                # A run may be in the queue more than once. It runs once, and a pause in the meantime holds.
                if self._current.progress().state is State.QUEUED:
                    self._run(self._current)
            except MatcherError as error:
                _log.warning("the run %s: %s", id, error)
            except Exception:
                _log.exception("the run %s failed", id)
            self._current = None

    def _run(self, job: Job) -> None:
        progress = self.runs.run(job.id)
        if self._stopping.is_set() and progress.state is State.PAUSED:
            job.save_progress(replace(progress, state=State.QUEUED, problem=INTERRUPTED))


def _not_resumable(job: Job, state: State) -> Conflict:
    return Conflict(f"the programme {job.id} is {state}", remedy="You can only resume a paused or failed programme")
