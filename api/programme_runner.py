"""Programmes: runs of many needs, done one after the other beside the requests, and taken up again after a restart."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from matcher.foundations.errors import Conflict, MatcherError
from matcher.programme import Job, RunOptions, Runs, State, StopRequest
from matcher.programme.runs.job import INTERRUPTED
from matcher.records import Need
from matcher.search.engine import Engine

_STOP: Final = ""
_log = logging.getLogger(__name__)


class Programmes:
    """The runs of a service process, in the home's folder."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.runs = Runs(engine, folder)
        self._waiting: queue.Queue[str] = queue.Queue()
        self._current: Job | None = None
        self._stopping = threading.Event()
        self._work = threading.Thread(target=self._run, name="programmes", daemon=True)

    def start(self) -> None:
        """Begin to run what waits, first of all what was broken off."""
        for id in self.runs.jobs.ids():
            if self.runs.jobs.job(id).progress().state is State.QUEUED:
                self._waiting.put(id)
        self._work.start()

    def start_run(
        self, needs: Sequence[Need], order: RunOptions, *, refused: int = 0, rejects: Path | None = None
    ) -> Job:
        """Keep a run, and the file `rejects` of rows that were `refused`, and have it done once those before it are.

        Raises:
            InvalidInput: an id stands in `needs` twice.
            Unavailable: the home cannot be written.

        """
        job = self.runs.create(needs, None, order, refused=refused, rejects=rejects)
        self._waiting.put(job.id)
        return job

    def resume(self, job: Job) -> None:
        """Have a run that was paused or that failed taken up again.

        Raises:
            Conflict: it is over, or under way.

        """
        stands = job.progress()
        if stands.state.is_over or stands.state is State.RUNNING:
            raise Conflict(f"the programme {job.id} is {stands.state}", remedy="Only a paused or failed one goes on")
        job.save_progress(replace(stands, state=State.QUEUED, problem=""))
        self._waiting.put(job.id)

    def stop(self) -> None:
        """End the run under way after the chunks that are being searched; it is taken up again at the next start."""
        self._stopping.set()
        self._waiting.put(_STOP)
        current = self._current
        if current is not None and not current.progress().state.is_over:
            current.request_stop(StopRequest.PAUSE)
        if self._work.is_alive():
            self._work.join()

    def _run(self) -> None:
        while (id := self._waiting.get()) != _STOP and not self._stopping.is_set():
            try:
                self._current = self.runs.jobs.job(id)
                if not self._current.progress().state.is_over:
                    self._go_on(self._current)
            except MatcherError as error:
                _log.warning("the run %s: %s", id, error)
            except Exception:
                _log.exception("the run %s failed", id)
            self._current = None

    def _go_on(self, job: Job) -> None:
        told = self.runs.run(job.id)
        if self._stopping.is_set() and told.state is State.PAUSED:
            job.save_progress(replace(told, state=State.QUEUED, problem=INTERRUPTED))
