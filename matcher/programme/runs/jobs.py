"""Jobs: the runs that are kept in one folder, a folder each."""

from __future__ import annotations

import json
import logging
import secrets
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from matcher.foundations import atomic_files
from matcher.foundations.errors import InvalidInput, NotFound, Unavailable
from matcher.programme.runs.job import Job
from matcher.programme.runs.manifest import RunManifest, digest_of
from matcher.programme.runs.progress import Progress, State
from matcher.records import Need

_log = logging.getLogger(__name__)


class Jobs:
    """The runs kept in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, needs: Sequence[Need], model: dict[str, Any], *, rejects: Path | None = None, **asked: Any) -> Job:
        """Keep a run that is to be done, with a copy of `rejects` where rows were refused; `asked` gives the rest of
        its manifest.

        Raises:
            InvalidInput: there is no need, or an id stands in `needs` twice, or chunks are too small.
            Unavailable: the folder cannot be written.

        """
        _check(needs)
        if asked["chunk"] < 1:
            raise InvalidInput("a chunk has at least one need", remedy="Ask for at least one")
        lines = "".join(f"{need.model_dump_json(exclude_none=True)}\n" for need in needs).encode()
        content = json.dumps(model).encode()
        id = f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(4)}"
        manifest = RunManifest(
            id=id, created=datetime.now(UTC), needs=len(needs), needs_digest=digest_of(lines),
            model_digest=digest_of(content), **asked,
        )  # fmt: skip
        job = self._made(id)
        if rejects is not None and manifest.refused:
            job.save_rejects(rejects)
        job.write("needs.jsonl", lines)
        job.write("model.json", content)
        job.save_progress(Progress(id, State.QUEUED, total=len(needs)))
        job.write("manifest.json", manifest.sealed())  # last: it is complete
        return job

    def job(self, id: str) -> Job:
        """Return the run `id`.

        Raises:
            NotFound: there is none.

        """
        # An id is looked for among those that are there, so it cannot lead out of the folder.
        if id not in self.ids():
            raise run_not_found(id)
        return Job(self._folder / id)

    def remove(self, job: Job) -> None:
        """Remove a run that is over, with all that is kept of it."""
        shutil.rmtree(job.folder, ignore_errors=True)

    def ids(self) -> list[str]:
        """Return all runs, the oldest day first."""
        return sorted(path.parent.name for path in self._folder.glob("*/manifest.json"))

    def readable(self) -> Iterator[Job]:
        """Yield all runs whose manifest is whole, the oldest day first."""
        for id in self.ids():
            job = Job(self._folder / id)
            try:
                job.manifest()
            except Unavailable as error:
                _log.warning("%s", error)
            else:
                yield job

    def _made(self, id: str) -> Job:
        job = Job(self._folder / id)
        try:
            job.folder.mkdir(parents=True)
            atomic_files.sync(self._folder)
        except OSError as error:
            raise Unavailable(f"{job.folder} cannot be made: {error.strerror}", remedy="Choose another home") from error
        return job


def run_not_found(id: str) -> NotFound:
    """Return the error that says there is no such run."""
    return NotFound(f"there is no run {id!r}", remedy="Check the id: it was given when the run was started")


def _check(needs: Sequence[Need]) -> None:
    if not needs:
        raise InvalidInput("there is no need to match", remedy="Give at least one need")
    seen: set[str] = set()
    for number, need in enumerate(needs, start=1):
        if need.id in seen:
            raise InvalidInput(f"need {number}: the id {need.id!r} stood before", remedy="Give each need its own id")
        seen.add(need.id)
