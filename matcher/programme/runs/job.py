"""Job: a run saved in a folder, so that another process can watch it, stop it or resume it.

    manifest.json               what to match, and with what: programme, sequence number, versions, digests
    rejects.csv                 the refused rows of the needs file, if any
    needs.jsonl, model.json     the needs and the scoring model, as they were when the run was created
    vectors.npy                 the vectors of all needs
    index/                      the index snapshot to search
    chunk-000012-<digest>.jsonl the results of one chunk
    results/                    the published files, unless they go to another folder
    state.json                  the progress
    wish                        a pending request: pause or cancel
    LOCK                        locked by the process that runs the job

Every file is written under a temporary name, synced to disk, then renamed, so it is either complete or absent.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from matcher.foundations import atomic_files
from matcher.foundations.errors import Conflict, Unavailable
from matcher.foundations.staged_files import explain_disk_errors
from matcher.programme.runs.manifest import RunManifest, digest_of
from matcher.programme.runs.progress import Progress, State, StopRequest
from matcher.records import Need, SearchResult

CHUNK: Final = 128
INTERRUPTED: Final = "the process that was running it has ended. You can resume the run"
# How long to wait for the lock. A process that checks whether the lock is free holds it only for a moment.
_LOCK_SECONDS: Final = 1.0
_REQUEST_FILE: Final = "wish"


class Job:
    """One run, in its folder.

    Any process may read the run and request a stop. Only the process that holds the lock makes other changes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = FileLock(folder / "LOCK", timeout=_LOCK_SECONDS)

    @property
    def id(self) -> str:
        """The id of the run."""
        return self.folder.name

    @property
    def index_folder(self) -> Path:
        """The folder of the index snapshot to search."""
        return self.folder / "index"

    @property
    def results_folder(self) -> Path:
        """The default folder for the results."""
        return self.folder / "results"

    @property
    def rejects_file(self) -> Path:
        """The rejects file, which exists only if rows were refused."""
        return self.folder / "rejects.csv"

    @property
    def vectors_file(self) -> Path:
        """The file that holds the need vectors."""
        return self.folder / "vectors.npy"

    def manifest(self) -> RunManifest:
        """Return the manifest.

        Raises:
            Unavailable: the manifest is missing or damaged.

        """
        try:
            return RunManifest.unsealed(self.read("manifest.json"))
        except ValueError as error:
            raise self._damaged("manifest.json") from error

    def needs(self) -> list[Need]:
        """Return the needs.

        Raises:
            Unavailable: the needs are missing or differ from the digest in the manifest.

        """
        content = self.read("needs.jsonl")
        if digest_of(content) != self.manifest().needs_digest:
            raise self._damaged("needs.jsonl")
        return [Need.model_validate_json(line) for line in content.splitlines()]

    def model(self) -> str:
        """Return the scoring model, as JSON.

        Raises:
            Unavailable: the model is missing or differs from the digest in the manifest.

        """
        content = self.read("model.json")
        if digest_of(content) != self.manifest().model_digest:
            raise self._damaged("model.json")
        return content.decode()

    def progress(self) -> Progress:
        """Return the progress. An interrupted run, whose process has ended, is reported as queued."""
        try:
            content = json.loads((self.folder / "state.json").read_bytes())
            lists = {name: tuple(content[name]) for name in ("files", "unmatched")}
            progress = Progress(**{**content, **lists, "state": State(content["state"])})
        except FileNotFoundError:
            return Progress(self.id, State.QUEUED)
        if progress.state is State.RUNNING and not self._is_locked():
            return replace(progress, state=State.QUEUED, rate=None, seconds_left=None, problem=INTERRUPTED)
        return progress

    def watch(self, *, seconds: float = 0.5) -> Iterator[Progress]:
        """Yield the progress whenever it changes, until the run ends, pauses, fails or is interrupted."""
        last = None
        while True:
            progress = self.progress()
            if progress != last:
                yield progress
            # A queued run has a problem only if it was interrupted.
            if progress.state not in (State.QUEUED, State.RUNNING) or progress.problem:
                return
            last = progress
            time.sleep(seconds)

    def request_stop(self, request: StopRequest) -> None:
        """Request a pause or cancellation. The request takes effect after the next chunk, or immediately if no
        process is running the job.

        Raises:
            Conflict: the run is finished or cancelled.

        """
        if (state := self.progress().state).is_over:
            raise Conflict(f"the run {self.id} is {state}", remedy="Start a new run")
        self.write(_REQUEST_FILE, request.encode())
        with suppress(Conflict), self.locked():
            if not self.progress().state.is_over:
                state = State.CANCELLED if request is StopRequest.CANCEL else State.PAUSED
                self.save_progress(replace(self.progress(), state=state, problem=""))
            self.clear_request()

    def pending_request(self) -> StopRequest | None:
        """Return the pending request, or None."""
        try:
            return StopRequest((self.folder / _REQUEST_FILE).read_text())
        except (OSError, ValueError):
            return None

    def clear_request(self) -> None:
        """Clear the pending request."""
        (self.folder / _REQUEST_FILE).unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock.

        Raises:
            Conflict: another process holds the lock.

        """
        try:
            self._lock.acquire()
        except Timeout as error:
            raise Conflict(
                f"another process is running {self.id}",
                remedy="Wait for the run to finish, or pause it there and resume it here",
            ) from error
        try:
            yield
        finally:
            self._lock.release()

    def save_progress(self, progress: Progress) -> None:
        """Save `progress`."""
        self.write("state.json", json.dumps(asdict(progress)).encode())

    def save_chunk(self, number: int, results: Sequence[str]) -> None:
        """Save the results of chunk `number`, each as one line of JSON."""
        content = "".join(f"{result}\n" for result in results).encode()
        self.write(f"chunk-{number:06}-{digest_of(content)}.jsonl", content)

    def chunks(self) -> dict[int, Path]:
        """Return the completed chunk files by chunk number. Remove damaged files, so that they are produced again."""
        complete = {}
        for path in sorted(self.folder.glob("chunk-*.jsonl")):
            _, number, digest = path.stem.split("-")
            if digest_of(path.read_bytes()) == digest:
                complete[int(number)] = path
            else:
                path.unlink()
        return complete

    def results(self) -> Iterator[SearchResult]:
        """Yield the results in all completed chunks one by one, in the order of the needs."""
        for _, path in sorted(self.chunks().items()):
            with path.open("rb") as lines:
                yield from map(SearchResult.model_validate_json, lines)

    def clean_up(self) -> None:
        """Remove the index snapshot, which a finished or cancelled run no longer needs."""
        shutil.rmtree(self.index_folder, ignore_errors=True)

    def save_rejects(self, file: Path) -> None:
        """Save a copy of `file`, which holds the refused rows, with the same permissions.

        Raises:
            Unavailable: the folder cannot be written.

        """
        with explain_disk_errors(self.folder):
            shutil.copy(file, self.rejects_file)
            atomic_files.sync(self.rejects_file)

    def read(self, name: str) -> bytes:
        """Return the content of file `name`.

        Raises:
            Unavailable: the file cannot be read.

        """
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise self._damaged(name) from error

    def write(self, name: str, content: bytes) -> None:
        """Write file `name` atomically.

        Raises:
            Unavailable: the file cannot be written.

        """
        try:
            atomic_files.write(self.folder / name, content)
        except OSError as error:
            raise Unavailable(
                f"{self.folder} cannot be written: {error.strerror}", remedy="Free some disk space there"
            ) from error

    def _is_locked(self) -> bool:
        try:
            with FileLock(self.folder / "LOCK", timeout=0):
                return False
        except Timeout:
            return True

    def _damaged(self, name: str) -> Unavailable:
        return Unavailable(f"{self.folder / name} is missing or damaged", remedy="Start a new run")
