"""Progress: the state of a run, and the requests to stop it that other processes may make."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """The state of a run. A queued run waits for a process to run it."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FAILED = "failed"
    FINISHED = "finished"

    @property
    def is_over(self) -> bool:
        """Whether the run has ended and cannot be resumed."""
        return self in (State.CANCELLED, State.FINISHED)


class StopRequest(StrEnum):
    """A request to the process that runs a job."""

    PAUSE = "pause"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Progress:
    """The progress of a run: needs done, needs in total, needs per second since the last resumption, and seconds left.

    `rate` and `seconds_left` are None if unknown. `problem` says why a run failed or is waiting. Only a finished run
    has `files` (the paths of the results), `matches` (the number of matches in them) and `unmatched` (the ids of the
    needs without an eligible supplier).
    """

    id: str
    state: State
    phase: str = ""
    done: int = 0
    total: int = 0
    rate: float | None = None
    seconds_left: float | None = None
    problem: str = ""
    files: tuple[str, ...] = ()
    matches: int = 0
    unmatched: tuple[str, ...] = ()
