"""Runs: the runs of an installation, asked for and taken up: what the command line and the service use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from matcher.foundations.errors import Conflict
from matcher.programme.programme import Programme
from matcher.programme.runs.job import CHUNK, Job
from matcher.programme.runs.jobs import Jobs
from matcher.programme.runs.progress import Progress, State
from matcher.programme.runs.run import OnProgress, Run
from matcher.programme.runs.schedulers import Scheduler
from matcher.records import Need
from matcher.search.engine import Engine


@dataclass(frozen=True)
class RunOptions:
    """What is asked of a run, beside the needs; `by` names the organisation that asks, `notes` go into the report."""

    programme: Programme = field(default_factory=lambda: Programme(name="Matches"))
    by: str = ""
    notes: tuple[str, ...] = ()
    chunk: int = CHUNK


class Runs:
    """The runs of an installation.

    Args:
        folder: where runs are kept, `programmes` in the home.

    """

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.jobs = Jobs(folder)

    def create(
        self,
        needs: Sequence[Need],
        out: Path | None,
        order: RunOptions | None = None,
        *,
        refused: int = 0,
        rejects: Path | None = None,
    ) -> Job:
        """Keep a run over `needs` with the index as it is now, its results to be written into `out`, by default into
        its own folder. A need that names no place counts as in the region of the programme. Where rows were `refused`,
        the file `rejects` of them is kept with it.

        Raises:
            InvalidInput: there is no need, an id stands in `needs` twice, or a number of `order` is out of its range.
            Unavailable: the home cannot be written.

        """
        order, engine = order or RunOptions(), self.engine
        index = engine.index()
        asked = order.programme.model_copy(update={"on": order.programme.on or date.today()})
        return self.jobs.create(
            [asked.with_default_region(need) for need in needs], engine.model.content(), programme=asked, by=order.by,
            notes=order.notes, depth=engine.depth, sequence=index.sequence, origin=index.origin,
            encoder=index.encoder, chunk=order.chunk, refused=refused, rejects=rejects,
            out="" if out is None else str(out.absolute()),
        )  # fmt: skip

    def run(
        self, id: str, *, scheduler: str | Scheduler | None = None, on_progress: OnProgress | None = None
    ) -> Progress:
        """Run `id` from where it stands until it is finished, paused or cancelled, and return how it stands then.

        Args:
            scheduler: address of a Dask scheduler, or a scheduler; by default the cores of this machine.
            on_progress: called with every change of the progress.

        Raises:
            NotFound: there is no such run.
            Conflict: another process runs it, or it was cancelled, or it cannot be resumed here.
            UserError: it failed; it can be resumed once the reason is gone.

        """
        job = self.jobs.job(id)
        with job.locked():
            stands = job.progress()
            if stands.state is State.CANCELLED:
                raise Conflict(f"the run {id} was cancelled", remedy="Start another")
            if stands.state is State.FINISHED and all(Path(file).exists() for file in stands.files):
                job.clean_up()
                return stands
            # A wish to pause is of the stretch that it ended.
            job.clear_request()
            return Run(self.engine, job, on_progress).go(scheduler)
