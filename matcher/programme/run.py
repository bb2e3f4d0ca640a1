"""Run: takes a job from where it stands to its end, or to where somebody wishes it to stop."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from matcher.embedding import Vectors
from matcher.engine import Engine
from matcher.errors import Conflict, MatcherError, Unavailable
from matcher.findings import Findings, sequences_of
from matcher.index import Index, Snapshots, query_for
from matcher.programme.chunks import Chunk, Task
from matcher.programme.job import CHUNK, Job, Jobs
from matcher.programme.progress import Progress, State, Wish
from matcher.programme.run_files import written
from matcher.programme.schedule import Scheduler, scheduler_of
from matcher.records import Filters, Need, Profile

Tell = Callable[[Progress], None]

# Revisions of profiles kept in memory: the same suppliers are found for many needs.
_PROFILES_KEPT: Final = 20_000
_TOLD_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Order:
    """What is asked of a run, beside the needs; `by` names the organisation that asks."""

    name: str = ""
    by: str = ""
    filters: Filters = field(default_factory=Filters)
    apply_requirements: bool = True
    top: int = 10
    chunk: int = CHUNK
    on: date | None = None


class Runs:
    """The runs of an installation: what the command line and the service use.

    Args:
        folder: where runs are kept, `programmes` in the home.

    """

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.jobs = Jobs(folder)

    def create(self, needs: Sequence[Need], out: Path | None, order: Order | None = None) -> Job:
        """Keep a run over `needs` with the index as it is now, its results to be written into `out`, by default into
        its own folder.

        Raises:
            InvalidInput: an id stands in `needs` twice, or a number of `order` is out of its range.
            Unavailable: the home cannot be written.

        """
        order, engine = order or Order(), self.engine
        index = engine.index()
        return self.jobs.create(
            needs, engine.model.content(), name=order.name, by=order.by, filters=order.filters,
            apply_requirements=order.apply_requirements, top=order.top, depth=engine.depth,
            on=(order.on or date.today()).isoformat(), sequence=index.sequence, origin=index.origin,
            encoder=index.encoder, chunk=order.chunk, out="" if out is None else str(out.absolute()),
        )  # fmt: skip

    def run(self, id: str, *, scheduler: str | Scheduler | None = None, tell: Tell | None = None) -> Progress:
        """Run `id` from where it stands until it is finished, paused or cancelled, and return how it stands then.

        Args:
            scheduler: address of a Dask scheduler, or a scheduler; by default the cores of this machine.
            tell: called with every change of the progress.

        Raises:
            NotFound: there is no such run.
            Conflict: another process runs it, or it was cancelled, or it cannot be resumed here.
            UserError: it failed; it can be resumed once the reason is gone.

        """
        job = self.jobs.job(id)
        with job.held():
            stands = job.progress()
            if stands.state is State.CANCELLED:
                raise Conflict(f"the run {id} was cancelled", remedy="Start another")
            if stands.state is State.FINISHED and all(Path(file).exists() for file in stands.files):
                return stands
            # A wish to pause is of the stretch that it ended.
            job.grant()
            return Run(self.engine, job, tell).go(scheduler)


class Run:
    """One stretch of a job: its lock is held."""

    def __init__(self, engine: Engine, job: Job, tell: Tell | None = None) -> None:
        self._engine = engine
        self._job = job
        self._tell = tell
        self._manifest = job.manifest()
        self._progress = Progress(job.id, State.RUNNING, total=self._manifest.needs)
        self._profiles: dict[int, Profile] = {}
        self._told = 0.0

    def go(self, scheduler: str | Scheduler | None) -> Progress:
        """Do what is left, and return how the job stands then."""
        try:
            return self._go(scheduler)
        except (MatcherError, OSError) as error:
            self._say(state=State.FAILED, problem=str(error), rate=None, seconds_left=None)
            raise

    def _go(self, scheduler: str | Scheduler | None) -> Progress:
        needs = self._job.needs()
        done = self._job.chunks()
        self._say(phase="encoding", done=0)
        if len(done) < self._manifest.chunks:
            stopped = self._search(needs, set(done), scheduler)
            if stopped is not None:
                return stopped
        self._say(phase="writing", done=len(needs), rate=None, seconds_left=None)
        chunks = self._job.chunks()
        titles = {need.id: need.title for need in needs}
        self._job.grant()
        out = Path(self._manifest.out or self._job.folder / "results")
        results = written(out, [chunks[number] for number in sorted(chunks)], titles)
        shutil.rmtree(self._job.index_folder, ignore_errors=True)
        return self._say(
            state=State.FINISHED,
            phase="",
            files=tuple(map(str, results.files)),
            matches=results.matches,
            unmatched=results.unmatched,
        )

    def _search(self, needs: list[Need], done: set[int], scheduler: str | Scheduler | None) -> Progress | None:
        """Search what is not `done`; return how the job stands where it was stopped."""
        vectors = self._vectors(needs)
        if vectors is None:
            return self._stop()
        task, passages = self._task()
        before = sum(len(self._part(needs, number)) for number in done)
        if scheduler is None or isinstance(scheduler, str):
            scheduler = scheduler_of(scheduler, len(needs) - before, passages)
        self._say(phase="matching", done=before)
        started, count = time.monotonic(), before
        searched = scheduler.searched(task, self._left(needs, vectors, done))
        with closing(searched):
            for number, findings in searched:
                part = self._part(needs, number)
                self._job.put_chunk(number, self._worded(part, findings))
                count += len(part)
                rate = (count - before) / max(time.monotonic() - started, 1e-9)
                self._say(done=count, rate=rate, seconds_left=(len(needs) - count) / rate)
                if self._job.wished() and count < len(needs):
                    return self._stop()
        return None

    def _part(self, needs: Sequence[Need], number: int) -> Sequence[Need]:
        return needs[self._span(number)]

    def _span(self, number: int) -> slice:
        return slice(number * self._manifest.chunk, (number + 1) * self._manifest.chunk)

    def _left(self, needs: Sequence[Need], vectors: Vectors, done: set[int]) -> Iterator[Chunk]:
        for number in range(self._manifest.chunks):
            if number not in done and not self._job.wished():
                yield Chunk(number, tuple(self._part(needs, number)), vectors[self._span(number)])

    def _worded(self, needs: Sequence[Need], findings: Sequence[Findings]) -> list[str]:
        wanted = [sequence for sequence in sequences_of(findings) if sequence not in self._profiles]
        if len(self._profiles) + len(wanted) > _PROFILES_KEPT:
            self._profiles.clear()
            wanted = sequences_of(findings)
        self._profiles.update(zip(wanted, self._engine.store.profiles_as_of(wanted), strict=True))
        results = (one.worded(need.id, self._profiles) for need, one in zip(needs, findings, strict=True))
        return [result.model_dump_json(exclude_none=True) for result in results]

    def _vectors(self, needs: Sequence[Need]) -> Vectors | None:
        """Return the vectors of all needs, shape (needs, 2, dimensions), made once and kept; None if stopped."""
        path, shape = self._job.vectors_file, (len(needs), 2, self._engine.encoder.dimensions)
        if path.exists():
            kept: Vectors = np.load(path, allow_pickle=False)
            return kept
        self._refuse_another_encoder()
        vectors = np.empty(shape, dtype=np.float32)
        on = self._manifest.terms().on
        for n, need in enumerate(needs):
            vectors[n] = query_for(need, self._engine.encoder, on).vectors
            self._say(done=n + 1, often=True)
            if self._job.wished():
                return None
        with io.BytesIO() as file:
            np.save(file, vectors)
            self._job.write(path.name, file.getvalue())
        return vectors

    def _task(self) -> tuple[Task, int]:
        """Return what workers must know, the snapshot being there for them, and how many passages that has."""
        manifest, snapshots = self._manifest, Snapshots(self._job.index_folder)
        index = snapshots.load(manifest.encoder)
        if index is None or index.sequence != manifest.sequence:
            self._refuse_another_encoder()
            self._say(phase="indexing", done=0)
            index = self._index()
            snapshots.save(index)
        digest = snapshots.digest()
        if digest is None:
            raise Unavailable(f"{self._job.index_folder} cannot be written", remedy="Make room there")
        folder = self._job.index_folder.absolute()
        task = Task(folder, digest, manifest.encoder, self._job.model(), manifest.terms())
        return task, len(index.passages)

    def _index(self) -> Index:
        """Return the index as it was when the run was asked for, however far the store has moved on."""
        manifest, store = self._manifest, self._engine.store
        if store.origin(manifest.sequence) != manifest.origin:
            raise Conflict("the register is not the one this run was made for", remedy="Start another run")
        index = self._engine.index()
        if index.sequence != manifest.sequence:
            changes = [(c.sequence, c.id, c.profile) for c in store.profile_changes(0, until=manifest.sequence)]
            index = Index(manifest.encoder).updated(changes, self._engine.encoder.encode, manifest.sequence)
            index = replace(index, origin=manifest.origin)
        return index

    def _refuse_another_encoder(self) -> None:
        if self._engine.encoder.fingerprint != self._manifest.encoder:
            raise Conflict(
                "this run was made with another encoder, whose vectors are not all kept",
                remedy="Resume it with the settings of then, or start another run",
            )

    def _stop(self) -> Progress:
        state = State.CANCELLED if self._job.wished() is Wish.CANCEL else State.PAUSED
        self._job.grant()
        if state is State.CANCELLED:
            shutil.rmtree(self._job.index_folder, ignore_errors=True)
        return self._say(state=state, rate=None, seconds_left=None)

    def _say(self, *, often: bool = False, **changed: object) -> Progress:
        """Tell how far the job is; what changes `often` is told now and then."""
        self._progress = replace(self._progress, **changed)  # type: ignore[arg-type]
        if not often or time.monotonic() - self._told > _TOLD_SECONDS:
            self._told = time.monotonic()
            self._job.tell(self._progress)
            if self._tell is not None:
                self._tell(self._progress)
        return self._progress
