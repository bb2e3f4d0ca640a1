"""Jobs: all runs of an installation, one folder per run."""

from __future__ import annotations

import json
import logging
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from matcher.foundations import atomic_files
from matcher.foundations.errors import InvalidInput, NotFound, Unavailable
from matcher.programme.runs.job import Job
from matcher.programme.runs.manifest import RunManifest, digest_of
from matcher.programme.runs.progress import Progress, State

_log = logging.getLogger(__name__)


class Jobs:
    """The runs saved in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, lines: bytes, model: dict[str, Any], *, rejects: Path | None = None, **manifest: Any) -> Job:
        """Create a run for the needs in `lines`, one per line. If rows were refused, copy `rejects`.

        `manifest` holds the other fields of the `RunManifest`.

        Raises:
            InvalidInput: `lines` is empty, or the chunk size is less than 1.
            Unavailable: the folder cannot be written.

        """
        if not lines:
            raise InvalidInput("there are no needs to match", remedy="Supply at least one need")
        if manifest["chunk"] < 1:
            raise InvalidInput("a chunk must hold at least one need", remedy="Use a chunk size of 1 or more")
        count = lines.count(b"\n")
        content = json.dumps(model).encode()
        id = f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(4)}"
        complete = RunManifest(
            id=id, created=datetime.now(UTC), needs=count, needs_digest=digest_of(lines),
            model_digest=digest_of(content), **manifest,
        )  # fmt: skip
        job = self._create_folder(id)
        if rejects is not None and complete.refused:
            job.save_rejects(rejects)
        job.write("needs.jsonl", lines)
        job.write("model.json", content)
        job.save_progress(Progress(id, State.QUEUED, total=count))
        job.write("manifest.json", complete.sealed())  # last: a run with a manifest is complete
        return job

    def job(self, id: str) -> Job:
        """Return the run with `id`.

        Raises:
            NotFound: no run has this id.

        """
        # `id` is compared with the existing ids, so that it cannot lead out of the folder.
        if id not in self.ids():
            raise run_not_found(id)
        return Job(self._folder / id)

    def remove(self, job: Job) -> None:
        """Remove the folder of a run that is over."""
        shutil.rmtree(job.folder, ignore_errors=True)

    def ids(self) -> list[str]:
        """Return the ids of all runs, sorted by day, oldest first."""
        return sorted(path.parent.name for path in self._folder.glob("*/manifest.json"))

    def readable(self) -> Iterator[Job]:
        """Yield all runs with an intact manifest, sorted by day, oldest first. Log a warning for every other run."""
        for id in self.ids():
            job = Job(self._folder / id)
            try:
                job.manifest()
            except Unavailable as error:
                _log.warning("%s", error)
            else:
                yield job

    def _create_folder(self, id: str) -> Job:
        job = Job(self._folder / id)
        try:
            job.folder.mkdir(parents=True)
            atomic_files.sync(self._folder)
        except OSError as error:
            raise Unavailable(
                f"{job.folder} cannot be created: {error.strerror}", remedy="Choose another home"
            ) from error
        return job


def run_not_found(id: str) -> NotFound:
    """Return the error for an unknown run."""
    return NotFound(f"there is no run {id!r}", remedy="Check the id. It was shown when the run was started")
