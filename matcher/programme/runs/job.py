"""Job: a run of a programme as it is kept in a folder, so that it survives whoever runs it.

    manifest.json               what is to be done and with what: the programme, sequence number, versions, digests
    rejects.csv                 rows of the file of needs that were refused, if any
    needs.jsonl, model.json     the needs and the scoring model, as they were when the run was asked for
    vectors.npy                 the vectors of the needs, made once, before the needs are cut into chunks
    index/                      the snapshot of the index that is searched
    chunk-000012-<digest>.jsonl the answers of one chunk
    results/                    what is handed out, unless that goes elsewhere
    state.json                  how far it is, for whoever asks
    wish                        pause or cancel, where somebody wishes so
    LOCK                        held by the process that runs it

Every file is written beside its place, made durable, and moved there: it is whole or absent.
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
INTERRUPTED: Final = "the process that ran it is gone; resume it"
# How long to wait for the lock: another process that only looks whether it is held has it for a moment.
_LOCK_SECONDS: Final = 1.0


class Job:
    """One run in its folder. Any process may look and wish; the one that holds the lock writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = FileLock(folder / "LOCK", timeout=_LOCK_SECONDS)

    @property
    def id(self) -> str:
        """Its name."""
        return self.folder.name

    @property
    def index_folder(self) -> Path:
        """Where the snapshot that it searches is kept."""
        return self.folder / "index"

    @property
    def results_folder(self) -> Path:
        """Where its results are kept if nobody named another place."""
        return self.folder / "results"

    @property
    def rejects_file(self) -> Path:
        """Where the rows are kept that were refused when its needs were read; there may be none."""
        return self.folder / "rejects.csv"

    @property
    def vectors_file(self) -> Path:
        """Where the vectors of its needs are kept."""
        return self.folder / "vectors.npy"

    def manifest(self) -> RunManifest:
        """Return what it is to do.

        Raises:
            Unavailable: the manifest is damaged.

        """
        try:
            return RunManifest.unsealed(self.read("manifest.json"))
        except ValueError as error:
            raise self._damaged("manifest.json") from error

    def needs(self) -> list[Need]:
        """Return its needs.

        Raises:
            Unavailable: they are not those it was made for.

        """
        content = self.read("needs.jsonl")
        if digest_of(content) != self.manifest().needs_digest:
            raise self._damaged("needs.jsonl")
        return [Need.model_validate_json(line) for line in content.splitlines()]

    def model(self) -> str:
        """Return the scoring model, as JSON.

        Raises:
            Unavailable: it is not that it was made for.

        """
        content = self.read("model.json")
        if digest_of(content) != self.manifest().model_digest:
            raise self._damaged("model.json")
        return content.decode()

    def progress(self) -> Progress:
        """Return how far it is. A run whose process is gone is queued again."""
        try:
            content = json.loads((self.folder / "state.json").read_bytes())
            lists = {name: tuple(content[name]) for name in ("files", "unmatched")}
            told = Progress(**{**content, **lists, "state": State(content["state"])})
        except FileNotFoundError:
            return Progress(self.id, State.QUEUED)
        if told.state is State.RUNNING and not self._is_locked():
            return replace(told, state=State.QUEUED, rate=None, seconds_left=None, problem=INTERRUPTED)
        return told

    def watch(self, *, seconds: float = 0.5) -> Iterator[Progress]:
        """Yield how far it is whenever that has changed, until it runs no more."""
        last = None
        while True:
            now = self.progress()
            if now != last:
                yield now
            if now.state not in (State.QUEUED, State.RUNNING) or now.problem == INTERRUPTED:
                return
            last = now
            time.sleep(seconds)

    def request_stop(self, request: StopRequest) -> None:
        """Ask the process that runs it to pause or cancel once the next chunk is done; one that nobody runs, at once.

        Raises:
            Conflict: it is over.

        """
        if (state := self.progress().state).is_over:
            raise Conflict(f"the run {self.id} is {state}", remedy="Start another")
        self.write("wish", request.encode())
        with suppress(Conflict), self.locked():
            if not self.progress().state.is_over:
                state = State.CANCELLED if request is StopRequest.CANCEL else State.PAUSED
                self.save_progress(replace(self.progress(), state=state, problem=""))
            self.clear_request()

    def pending_request(self) -> StopRequest | None:
        """Return what somebody has asked for."""
        try:
            return StopRequest((self.folder / "wish").read_text())
        except (OSError, ValueError):
            return None

    def clear_request(self) -> None:
        """Take note of the wish: it is no longer one."""
        (self.folder / "wish").unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold its lock.

        Raises:
            Conflict: another process does.

        """
        try:
            self._lock.acquire()
        except Timeout as error:
            raise Conflict(
                f"another process runs {self.id}", remedy="Wait for it, or pause it there and resume it here"
            ) from error
        try:
            yield
        finally:
            self._lock.release()

    def save_progress(self, progress: Progress) -> None:
        """Write how far it is."""
        self.write("state.json", json.dumps(asdict(progress)).encode())

    def save_chunk(self, number: int, answers: Sequence[str]) -> None:
        """Keep the answers of a chunk, a JSON line each."""
        content = "".join(f"{answer}\n" for answer in answers).encode()
        self.write(f"chunk-{number:06}-{digest_of(content)}.jsonl", content)

    def chunks(self) -> dict[int, Path]:
        """Return the chunks that are done and whole, by number; what is damaged is removed, to be done again."""
        found = {}
        for path in sorted(self.folder.glob("chunk-*.jsonl")):
            _, number, digest = path.stem.split("-")
            if digest_of(path.read_bytes()) == digest:
                found[int(number)] = path
            else:
                path.unlink()
        return found

    def results(self) -> Iterator[SearchResult]:
        """Yield the answers of all chunks that are done, in the order of the needs, one by one."""
        for _, path in sorted(self.chunks().items()):
            with path.open("rb") as lines:
                yield from map(SearchResult.model_validate_json, lines)

    def clean_up(self) -> None:
        """Remove what only searching needs."""
        shutil.rmtree(self.index_folder, ignore_errors=True)

    def save_rejects(self, file: Path) -> None:
        """Keep a copy of a file of refused rows, for its owner's eyes alone.

        Raises:
            Unavailable: it cannot be written.

        """
        with explain_disk_errors(self.folder):
            shutil.copy(file, self.rejects_file)
            atomic_files.sync(self.rejects_file)

    def read(self, name: str) -> bytes:
        """Return what a file of the folder holds.

        Raises:
            Unavailable: it cannot be read.

        """
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise self._damaged(name) from error

    def write(self, name: str, content: bytes) -> None:
        """Write a file of the folder, whole and atomic_files.

        Raises:
            Unavailable: it cannot be written.

        """
        try:
            atomic_files.write(self.folder / name, content)
        except OSError as error:
            raise Unavailable(f"{self.folder} cannot be written: {error.strerror}", remedy="Make room there") from error

    def _is_locked(self) -> bool:
        try:
            with FileLock(self.folder / "LOCK", timeout=0):
                return False
        except Timeout:
            return True

    def _damaged(self, name: str) -> Unavailable:
        return Unavailable(f"{self.folder / name} is missing or damaged", remedy="Start the run anew")
