"""Progress: how a run stands, for whoever asks, and what may be asked of who runs it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a run stands. Queued: it waits for somebody to run it."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FAILED = "failed"
    FINISHED = "finished"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self in (State.CANCELLED, State.FINISHED)


class StopRequest(StrEnum):
    """What somebody else asks of the process that runs a job."""

    PAUSE = "pause"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Progress:
    """How far a run is: needs done of all, needs a second of this stretch, seconds left (None where not known).

    `problem` says why a run failed or waits. Of a finished one, `files` names the results, `matches` counts those in
    them, and `unmatched` names the needs nobody is eligible for.
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
