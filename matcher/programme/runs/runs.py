"""Runs: creates and executes the runs of an installation, for the command line and the service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from matcher.foundations.errors import Conflict, InvalidInput, Place
from matcher.foundations.staged_files import explain_disk_errors
from matcher.programme.area import AreaSelection
from matcher.programme.needs.reading.saved_needs import check_unique, need_line
from matcher.programme.programme import Programme
from matcher.programme.runs.job import CHUNK, Job
from matcher.programme.runs.jobs import Jobs
from matcher.programme.runs.progress import Progress, State
from matcher.programme.runs.run import OnProgress, Run
from matcher.programme.runs.schedulers import Scheduler
from matcher.records import Need
from matcher.register.organisations import Organisations
from matcher.search.engine import Engine


@dataclass(frozen=True)
class RunOptions:
    """The settings of a run, apart from the needs. `by` is the id of the organisation that starts the run, or "".
    `notes` appear in the report. `chunk` is the number of needs searched together.
    """

    programme: Programme = field(default_factory=lambda: Programme(name="Matches"))
    by: str = ""
    notes: tuple[str, ...] = ()
    chunk: int = CHUNK


class Runs:
    """The runs of an installation.

    Args:
        folder: the folder that holds the runs, which is `programmes` in the home folder.

    """

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.jobs = Jobs(folder)

    def create(self, needs: Iterable[Need], out: Path | None, options: RunOptions | None = None) -> Job:
        """Create a run that matches `needs` with the current index.

        If the programme covers an area, needs that name another place are left out, and a note says how many. If the
        area is in exactly one region, a need that names no place is treated as being in that region.

        Args:
            out: the folder for the results. If None, the results go to the run's own folder.

        Raises:
            InvalidInput: `needs` is empty or repeats an id, none of them is in the area of the programme, or a number
                in `options` is out of range.
            Unavailable: the home cannot be written.

        """
        return self._create(needs, out, options or RunOptions())

    def create_from(
        self, needs: Path, out: Path | None, options: RunOptions, *, refused: int = 0, rejects: Path | None = None
    ) -> Job:
        """Create a run that matches the needs in a file that `save_needs` has written; see `create`.

        Args:
            out: the folder for the results. If None, the results go to the run's own folder.
            refused: how many rows of the needs file were refused.
            rejects: the rejects file, which is copied if `refused` is not 0.

        Raises:
            InvalidInput: as for `create`.
            Unavailable: the home cannot be written, or the file cannot be read.

        """
        with explain_disk_errors(needs.parent):
            lines = needs.read_bytes().splitlines()
        return self._create(map(Need.model_validate_json, lines), out, options, refused=refused, rejects=rejects)

    def _create(
        self,
        needs: Iterable[Need],
        out: Path | None,
        options: RunOptions,
        *,
        refused: int = 0,
        rejects: Path | None = None,
    ) -> Job:
        engine = self.engine
        index = engine.index()
        programme = options.programme.model_copy(update={"on": options.programme.on or date.today()})
        selection = AreaSelection(programme.area, Organisations(engine.store).current)
        lines, seen = list[str](), set[str]()
        for number, need in enumerate(selection.select_from(needs), start=1):
            check_unique(need, number, seen)
            lines.append(need_line(programme.with_default_region(need)))
        return self.jobs.create(
            "".join(lines).encode(), engine.model.content(), programme=programme,
            by=options.by, notes=(*options.notes, *_note_on(selection, len(lines))), depth=engine.depth,
            sequence=index.sequence, origin=index.origin,
            encoder=index.encoder, chunk=options.chunk, refused=refused, rejects=rejects,
            out="" if out is None else str(out.absolute()),
        )  # fmt: skip

    def run(
        self, id: str, *, scheduler: str | Scheduler | None = None, on_progress: OnProgress | None = None
    ) -> Progress:
        """Start or resume run `id`, and return its progress once it is finished, paused or cancelled.

        A finished run is executed again only if one of its files is missing.

        Args:
            scheduler: a scheduler, or the address of a Dask scheduler. If None, the run uses this machine.
            on_progress: called with the progress whenever it changes.

        Raises:
            NotFound: no run has this id.
            Conflict: the run is in progress in another process, was cancelled, or cannot be resumed here.
            MatcherError: the run failed. It can be resumed once the cause is removed.

        """
        job = self.jobs.job(id)
        with job.locked():
            progress = job.progress()
            if progress.state is State.CANCELLED:
                raise Conflict(f"the run {id} was cancelled", remedy="Start a new run")
            if progress.state is State.FINISHED and all(Path(file).exists() for file in progress.files):
                job.clean_up()
                return progress
            # A request left over from the previous process must not stop this one.
            job.clear_request()
            return Run(self.engine, job, on_progress).execute(scheduler)


def _note_on(selection: AreaSelection, selected: int) -> tuple[str, ...]:
    """Return a note on the needs that `selection` left out. Raise InvalidInput if `selected`, the number left, is 0."""
    if not selection.elsewhere:
        return ()
    area = selection.area.name
    if not selected:
        raise InvalidInput(
            f"all {selection.elsewhere:,} needs name a place outside {area}",
            remedy="Choose another region, or leave it out",
            place=Place(field="region"),
        )
    return (f"{selection.elsewhere:,} needs that name a place outside {area} were left out.",)
