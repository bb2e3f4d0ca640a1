"""Run: executes a job from its current state until it finishes or a stop is requested."""

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
from matcher.search import Engine, ExplainedSearch, shown_revisions

OnProgress = Callable[[Progress], None]

# The maximum number of profile revisions kept in memory. They are kept because the same suppliers match many needs.
_MAX_CACHED_PROFILES: Final = 20_000
_REPORT_SECONDS: Final = 0.5


class Run:
    """One execution of a job. The caller must hold the job lock."""

    def __init__(self, engine: Engine, job: Job, on_progress: OnProgress | None = None) -> None:
        self._engine = engine
        self._job = job
        self._on_progress = on_progress
        self._manifest = job.manifest()
        self._progress = Progress(job.id, State.RUNNING, total=self._manifest.needs)
        self._profiles: dict[int, Profile] = {}
        self._last_report = 0.0

    def execute(self, scheduler: str | Scheduler | None) -> Progress:
        """Do the remaining work and return the final progress.

        An error is saved in the progress, then raised.
        """
        try:
            return self._execute(scheduler)
        except (MatcherError, OSError) as error:
            self._report(state=State.FAILED, problem=str(error), rate=None, seconds_left=None)
            raise

    def _execute(self, scheduler: str | Scheduler | None) -> Progress:
        self._check_tools()
        needs = self._job.needs()
        done = self._job.chunks()
        self._report(phase="encoding", done=0)
        if len(done) < self._manifest.chunks:
            stopped = self._search(needs, set(done), scheduler)
            if stopped is not None:
                return stopped
        self._job.clear_request()
        publication = self._publish(needs)
        finished = self._report(
            state=State.FINISHED,
            phase="",
            files=tuple(map(str, publication.files)),
            matches=publication.figures.matches,
            unmatched=publication.unmatched,
        )
        self._job.clean_up()
        return finished

    def _publish(self, needs: Sequence[Need]) -> Publication:
        """Write all result files from the saved chunks."""
        programme, store = self._manifest.programme, self._engine.store
        index, on = self._index(), self._manifest.on
        self._report(phase="writing", done=len(needs), rate=None, seconds_left=None)
        eligible = EligibleMix(index, programme.filters, on, apply_requirements=programme.apply_requirements)
        sources = PublicationSources(lambda ids, at: store.profiles(ids, at=at), eligible, Organisations(store).current)
        out = Path(self._manifest.out or self._job.results_folder)
        return publish(programme, needs, self._job.results(), sources, out, notes=self._manifest.notes)

    def _search(self, needs: list[Need], done: set[int], scheduler: str | Scheduler | None) -> Progress | None:
        """Search the chunks that are not `done`. Return the progress if a request stopped the run, else None."""
        vectors = self._vectors(needs)
        if vectors is None:
            return self._stop()
        task, passages = self._task()
        before = sum(len(self._chunk_of(needs, number)) for number in done)
        if scheduler is None or isinstance(scheduler, str):
            scheduler = choose_scheduler(scheduler, len(needs) - before, passages)
        self._report(phase="matching", done=before)
        started, count = time.monotonic(), before
        with closing(scheduler.search(task, self._remaining_chunks(needs, vectors, done))) as results:
            for number, findings in results:
                chunk = self._chunk_of(needs, number)
                self._job.save_chunk(number, self._results_of(chunk, findings))
                count += len(chunk)
                rate = (count - before) / max(time.monotonic() - started, 1e-9)
                self._report(done=count, rate=rate, seconds_left=(len(needs) - count) / rate)
                if self._job.pending_request() and count < len(needs):
                    return self._stop()
        return None

    def _chunk_of(self, needs: Sequence[Need], number: int) -> Sequence[Need]:
        return needs[self._span(number)]

    def _span(self, number: int) -> slice:
        return slice(number * self._manifest.chunk, (number + 1) * self._manifest.chunk)

    def _remaining_chunks(self, needs: Sequence[Need], vectors: Vectors, done: set[int]) -> Iterator[Chunk]:
        for number in range(self._manifest.chunks):
            if number not in done and not self._job.pending_request():
                yield Chunk(number, tuple(self._chunk_of(needs, number)), vectors[self._span(number)])

    def _results_of(self, needs: Sequence[Need], findings: Sequence[ExplainedSearch]) -> list[str]:
        """Return the search result for each need, as JSON. The quoted profiles are read from the store."""
        required = [sequence for sequence in shown_revisions(findings) if sequence not in self._profiles]
        if len(self._profiles) + len(required) > _MAX_CACHED_PROFILES:
            self._profiles.clear()
            required = shown_revisions(findings)
        self._profiles.update(zip(required, self._engine.store.profiles_as_of(required), strict=True))
        results = (found.to_result(need, self._profiles) for need, found in zip(needs, findings, strict=True))
        return [result.model_dump_json(exclude_none=True) for result in results]

    def _vectors(self, needs: Sequence[Need]) -> Vectors | None:
        """Return the vectors of all needs, or None if a request stops the run.

        The vectors have shape (needs, 2, dimensions). They are computed once and saved with the job.
        """
        path, shape = self._job.vectors_file, (len(needs), 2, self._engine.encoder.dimensions)
        if path.exists():
            saved: Vectors = np.load(path, allow_pickle=False)
            return saved
        self._check_encoder()
        vectors = np.empty(shape, dtype=np.float32)
        on = self._manifest.on
        for n, need in enumerate(needs):
            vectors[n] = query_for(need, self._engine.encoder, on).vectors
            self._report(done=n + 1, often=True)
            if self._job.pending_request():
                return None
        with io.BytesIO() as file:
            np.save(file, vectors)
            self._job.write(path.name, file.getvalue())
        return vectors

    def _task(self) -> tuple[SearchTask, int]:
        """Return the task for the workers and the number of passages. Create the index snapshot if it is missing."""
        index, manifest = self._index(), self._manifest
        folder = self._job.index_folder.absolute()
        digest = Snapshots(folder).digest()
        if digest is None:
            raise Unavailable(f"{folder} cannot be written", remedy="Free some disk space there")
        task = SearchTask(folder, digest, manifest.encoder, self._job.model(), manifest.search_options())
        return task, len(index.passages)

    def _index(self) -> Index:
        """Return the index as of the run's sequence number, from the job's snapshot. Create the snapshot if needed."""
        snapshots = Snapshots(self._job.index_folder)
        index = snapshots.load(self._manifest.encoder)
        if index is None or index.sequence != self._manifest.sequence:
            self._check_encoder()
            self._report(phase="indexing")
            index = self._historical_index()
            snapshots.save(index)
        return index

    def _historical_index(self) -> Index:
        """Return the index as of the run's sequence number.

        Rebuild the index if the store has changed since the run was created.
        """
        manifest, store = self._manifest, self._engine.store
        if store.origin(manifest.sequence) != manifest.origin:
            raise Conflict("this run was created with a different register", remedy="Start a new run")
        index = self._engine.index()
        if index.sequence != manifest.sequence:
            changes = [(c.sequence, c.id, c.profile) for c in store.profile_changes(0, until=manifest.sequence)]
            index = Index(manifest.encoder).updated(changes, self._engine.encoder.encode, manifest.sequence)
            index = replace(index, origin=manifest.origin)
        return index

    def _check_tools(self) -> None:
        """Raise Conflict if the program version or a reference table has changed since the run was created.

        Otherwise, matches and reasons within one run could be inconsistent.
        """
        if differences := self._manifest.tools.differences(ToolVersions.current()):
            raise Conflict(
                f"this run was started with a different version or reference table: {', '.join(differences)}",
                remedy="Resume it with the original installation, or start a new run",
            )

    def _check_encoder(self) -> None:
        if self._engine.encoder.fingerprint != self._manifest.encoder:
            raise Conflict(
                "this run was started with a different encoder, and not all of its vectors are saved",
                remedy="Resume it with the original settings, or start a new run",
            )

    def _stop(self) -> Progress:
        cancelled = self._job.pending_request() is StopRequest.CANCEL
        self._job.clear_request()
        if cancelled:
            self._job.clean_up()
        return self._report(state=State.CANCELLED if cancelled else State.PAUSED, rate=None, seconds_left=None)

    def _report(self, *, often: bool = False, **changes: object) -> Progress:
        """Apply `changes` to the progress, then save and report it.

        If `often`, save and report at most once every `_REPORT_SECONDS` seconds.
        """
        self._progress = replace(self._progress, **changes)  # type: ignore[arg-type]
        if not often or time.monotonic() - self._last_report > _REPORT_SECONDS:
            self._last_report = time.monotonic()
            self._job.save_progress(self._progress)
            if self._on_progress is not None:
                self._on_progress(self._progress)
        return self._progress
