"""Run: takes a job from where it stands to its end, or to where somebody wishes it to stop."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from matcher.foundations.arrays import Vectors
from matcher.foundations.errors import Conflict, MatcherError, Unavailable
from matcher.index import Index, Snapshots, query_for
from matcher.programme.results.exposure import EligibleMix
from matcher.programme.results.publication import Publication, PublicationSources, publish
from matcher.programme.runs.chunks import Chunk, SearchTask
from matcher.programme.runs.job import Job
from matcher.programme.runs.manifest import ToolVersions
from matcher.programme.runs.progress import Progress, State, StopRequest
from matcher.programme.runs.schedulers import Scheduler, choose_scheduler
from matcher.records import Need, Profile
from matcher.register import Organisations
from matcher.search.engine import Engine
from matcher.search.explanations import Findings, sequences_of

OnProgress = Callable[[Progress], None]

# Revisions of profiles kept in memory: the same suppliers are found for many needs.
_PROFILES_KEPT: Final = 20_000
_TOLD_SECONDS: Final = 0.5


class Run:
    """One stretch of a job: its lock is held."""

    def __init__(self, engine: Engine, job: Job, on_progress: OnProgress | None = None) -> None:
        self._engine = engine
        self._job = job
        self._on_progress = on_progress
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
        self._refuse_other_tools()
        needs = self._job.needs()
        done = self._job.chunks()
        self._say(phase="encoding", done=0)
        if len(done) < self._manifest.chunks:
            stopped = self._search(needs, set(done), scheduler)
            if stopped is not None:
                return stopped
        self._job.clear_request()
        published = self._published(needs)
        told = self._say(
            state=State.FINISHED,
            phase="",
            files=tuple(map(str, published.files)),
            matches=published.figures.matches,
            unmatched=published.unmatched,
        )
        self._job.clean_up()
        return told

    def _published(self, needs: Sequence[Need]) -> Publication:
        """Write everything that is handed out, from the answers that the chunks left."""
        asked, store = self._manifest.programme, self._engine.store
        index, on = self._index(), self._manifest.on
        self._say(phase="writing", done=len(needs), rate=None, seconds_left=None)
        eligible = EligibleMix(index, asked.filters, on, apply_requirements=asked.apply_requirements)
        sources = PublicationSources(lambda ids, at: store.profiles(ids, at=at), eligible, Organisations(store).current)
        out = Path(self._manifest.out or self._job.results_folder)
        return publish(asked, needs, self._job.results(), sources, out, notes=self._manifest.notes)

    def _search(self, needs: list[Need], done: set[int], scheduler: str | Scheduler | None) -> Progress | None:
        """Search what is not `done`; return how the job stands where it was stopped."""
        vectors = self._vectors(needs)
        if vectors is None:
            return self._stop()
        task, passages = self._task()
        before = sum(len(self._part(needs, number)) for number in done)
        if scheduler is None or isinstance(scheduler, str):
            scheduler = choose_scheduler(scheduler, len(needs) - before, passages)
        self._say(phase="matching", done=before)
        started, count = time.monotonic(), before
        searched = scheduler.search(task, self._left(needs, vectors, done))
        with closing(searched):
            for number, findings in searched:
                part = self._part(needs, number)
                self._job.save_chunk(number, self._worded(part, findings))
                count += len(part)
                rate = (count - before) / max(time.monotonic() - started, 1e-9)
                self._say(done=count, rate=rate, seconds_left=(len(needs) - count) / rate)
                if self._job.pending_request() and count < len(needs):
                    return self._stop()
        return None

    def _part(self, needs: Sequence[Need], number: int) -> Sequence[Need]:
        return needs[self._span(number)]

    def _span(self, number: int) -> slice:
        return slice(number * self._manifest.chunk, (number + 1) * self._manifest.chunk)

    def _left(self, needs: Sequence[Need], vectors: Vectors, done: set[int]) -> Iterator[Chunk]:
        for number in range(self._manifest.chunks):
            if number not in done and not self._job.pending_request():
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
        on = self._manifest.search_options().on
        for n, need in enumerate(needs):
            vectors[n] = query_for(need, self._engine.encoder, on).vectors
            self._say(done=n + 1, often=True)
            if self._job.pending_request():
                return None
        with io.BytesIO() as file:
            np.save(file, vectors)
            self._job.write(path.name, file.getvalue())
        return vectors

    def _task(self) -> tuple[SearchTask, int]:
        """Return what workers must know, the snapshot being there for them, and how many passages that has."""
        index, manifest = self._index(), self._manifest
        folder = self._job.index_folder.absolute()
        digest = Snapshots(folder).digest()
        if digest is None:
            raise Unavailable(f"{folder} cannot be written", remedy="Make room there")
        task = SearchTask(folder, digest, manifest.encoder, self._job.model(), manifest.search_options())
        return task, len(index.passages)

    def _index(self) -> Index:
        """Return the index as it was when the run was asked for, from its snapshot, which is made where it is not."""
        snapshots = Snapshots(self._job.index_folder)
        index = snapshots.load(self._manifest.encoder)
        if index is None or index.sequence != self._manifest.sequence:
            self._refuse_another_encoder()
            self._say(phase="indexing")
            index = self._index_of_then()
            snapshots.save(index)
        return index

    def _index_of_then(self) -> Index:
        """Return the index of the run's sequence number, however far the store has moved on."""
        manifest, store = self._manifest, self._engine.store
        if store.origin(manifest.sequence) != manifest.origin:
            raise Conflict("the register is not the one this run was made for", remedy="Start another run")
        index = self._engine.index()
        if index.sequence != manifest.sequence:
            changes = [(c.sequence, c.id, c.profile) for c in store.profile_changes(0, until=manifest.sequence)]
            index = Index(manifest.encoder).updated(changes, self._engine.encoder.encode, manifest.sequence)
            index = replace(index, origin=manifest.origin)
        return index

    def _refuse_other_tools(self) -> None:
        """Refuse to mix answers: those of other code or other tables may differ in what they show and why."""
        if differing := self._manifest.tools.differences(ToolVersions.current()):
            raise Conflict(
                f"this run was begun with other tools than those here: {', '.join(differing)}",
                remedy="Resume it with the installation of then, or start another run",
            )

    def _refuse_another_encoder(self) -> None:
        if self._engine.encoder.fingerprint != self._manifest.encoder:
            raise Conflict(
                "this run was made with another encoder, whose vectors are not all kept",
                remedy="Resume it with the settings of then, or start another run",
            )

    def _stop(self) -> Progress:
        state = State.CANCELLED if self._job.pending_request() is StopRequest.CANCEL else State.PAUSED
        self._job.clear_request()
        if state is State.CANCELLED:
            self._job.clean_up()
        return self._say(state=state, rate=None, seconds_left=None)

    def _say(self, *, often: bool = False, **changed: object) -> Progress:
        """Tell how far the job is; what changes `often` is told now and then."""
        self._progress = replace(self._progress, **changed)  # type: ignore[arg-type]
        if not often or time.monotonic() - self._told > _TOLD_SECONDS:
            self._told = time.monotonic()
            self._job.save_progress(self._progress)
            if self._on_progress is not None:
                self._on_progress(self._progress)
        return self._progress
