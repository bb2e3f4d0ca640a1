"""Job: a run of a programme as it is kept in a folder, so that it survives whoever runs it.

    manifest.json               what is to be done: the needs by their digest, filters, top, day, sequence number, …
    needs.jsonl, model.json     the needs and the scoring model, as they were when the run was asked for
    vectors.npy                 the vectors of the needs, made once, before the needs are cut into chunks
    index/                      the snapshot of the index that is searched
    chunk-000012-<digest>.jsonl the answers of one chunk
    state.json                  how far it is, for whoever asks
    wish                        pause or cancel, where somebody wishes so
    LOCK                        held by the process that runs it

Every file is written beside its place, made durable, and moved there: it is whole or absent.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout
from pydantic import ValidationError

from matcher import durable
from matcher.errors import Conflict, InvalidInput, NotFound, Unavailable
from matcher.programme.manifest import Manifest
from matcher.programme.progress import Progress, State, Wish
from matcher.records import Need

CHUNK: Final = 128
# How long to wait for the lock: another process that only looks whether it is held has it for a moment.
_LOCK_SECONDS: Final = 1.0
_DIGEST_BYTES: Final = 16


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
    def vectors_file(self) -> Path:
        """Where the vectors of its needs are kept."""
        return self.folder / "vectors.npy"

    def manifest(self) -> Manifest:
        """Return what it is to do.

        Raises:
            Unavailable: the manifest is damaged.

        """
        try:
            content = json.loads((self.folder / "manifest.json").read_bytes())
            if content.pop("checksum") != _digest(_canonical(content)):
                raise ValueError("its checksum differs")
            return Manifest.model_validate(content)
        except (OSError, ValueError, KeyError, ValidationError) as error:
            raise self._damaged("manifest.json") from error

    def needs(self) -> list[Need]:
        """Return its needs.

        Raises:
            Unavailable: they are not those it was made for.

        """
        content = self.read("needs.jsonl")
        if _digest(content) != self.manifest().needs_digest:
            raise self._damaged("needs.jsonl")
        return [Need.model_validate_json(line) for line in content.splitlines()]

    def model(self) -> str:
        """Return the scoring model, as JSON.

        Raises:
            Unavailable: it is not that it was made for.

        """
        content = self.read("model.json")
        if _digest(content) != self.manifest().model_digest:
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
        if told.state is State.RUNNING and not self._is_held():
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

    def wish(self, wish: Wish) -> None:
        """Ask the process that runs it to pause or cancel once the next chunk is done; one that nobody runs, at once.

        Raises:
            Conflict: it is over.

        """
        if (state := self.progress().state).is_over:
            raise Conflict(f"the run {self.id} is {state}", remedy="Start another")
        self.write("wish", wish.encode())
        with suppress(Conflict), self.held():
            if not self.progress().state.is_over:
                state = State.CANCELLED if wish is Wish.CANCEL else State.PAUSED
                self.tell(replace(self.progress(), state=state, problem=""))
            self.grant()

    def wished(self) -> Wish | None:
        """Return what somebody has asked for."""
        try:
            return Wish((self.folder / "wish").read_text())
        except (OSError, ValueError):
            return None

    def grant(self) -> None:
        """Take note of the wish: it is no longer one."""
        (self.folder / "wish").unlink(missing_ok=True)

    @contextmanager
    def held(self) -> Iterator[None]:
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

    def tell(self, progress: Progress) -> None:
        """Write how far it is."""
        self.write("state.json", json.dumps(asdict(progress)).encode())

    def put_chunk(self, number: int, answers: Sequence[str]) -> None:
        """Keep the answers of a chunk, a JSON line each."""
        content = "".join(f"{answer}\n" for answer in answers).encode()
        self.write(f"chunk-{number:06}-{_digest(content)}.jsonl", content)

    def chunks(self) -> dict[int, Path]:
        """Return the chunks that are done and whole, by number; what is damaged is removed, to be done again."""
        found = {}
        for path in sorted(self.folder.glob("chunk-*.jsonl")):
            _, number, digest = path.stem.split("-")
            if _digest(path.read_bytes()) == digest:
                found[int(number)] = path
            else:
                path.unlink()
        return found

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
        """Write a file of the folder, whole and durable.

        Raises:
            Unavailable: it cannot be written.

        """
        try:
            durable.write(self.folder / name, content)
        except OSError as error:
            raise Unavailable(f"{self.folder} cannot be written: {error.strerror}", remedy="Make room there") from error

    def _is_held(self) -> bool:
        try:
            with FileLock(self.folder / "LOCK", timeout=0):
                return False
        except Timeout:
            return True

    def _damaged(self, name: str) -> Unavailable:
        return Unavailable(f"{self.folder / name} is missing or damaged", remedy="Start the run anew")


INTERRUPTED: Final = "the process that ran it is gone; resume it"


class Jobs:
    """The runs kept in one folder, a folder each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, needs: Sequence[Need], model: dict[str, Any], **asked: Any) -> Job:
        """Keep a run that is to be done; `asked` gives the rest of its manifest.

        Raises:
            InvalidInput: an id stands in `needs` twice, or a number is out of its range.
            Unavailable: the folder cannot be written.

        """
        _refuse_twice(needs)
        if asked["top"] < 1 or asked["chunk"] < 1:
            raise InvalidInput("top and chunk are at least 1", remedy="Ask for at least one")
        lines = "".join(f"{need.model_dump_json(exclude_none=True)}\n" for need in needs).encode()
        content = json.dumps(model).encode()
        id = f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(4)}"
        manifest = Manifest(
            id=id, created=datetime.now(UTC), needs=len(needs), needs_digest=_digest(lines),
            model_digest=_digest(content), **asked,
        )  # fmt: skip
        job = Job(self._folder / id)
        try:
            job.folder.mkdir(parents=True)
        except OSError as error:
            raise Unavailable(f"{job.folder} cannot be made: {error.strerror}", remedy="Choose another home") from error
        told = manifest.model_dump(mode="json")
        job.write("needs.jsonl", lines)
        job.write("model.json", content)
        job.tell(Progress(id, State.QUEUED, total=len(needs)))
        job.write("manifest.json", _canonical({**told, "checksum": _digest(_canonical(told))}))  # last: it is complete
        return job

    def job(self, id: str) -> Job:
        """Return the run `id`.

        Raises:
            NotFound: there is none.

        """
        # An id is looked for among those that are there, so it cannot lead out of the folder.
        if id not in self.ids():
            raise no_run(id)
        return Job(self._folder / id)

    def remove(self, job: Job) -> None:
        """Remove a run that is over, with all that is kept of it."""
        shutil.rmtree(job.folder, ignore_errors=True)

    def ids(self) -> list[str]:
        """Return all runs, the oldest day first."""
        return sorted(path.parent.name for path in self._folder.glob("*/manifest.json"))


def no_run(id: str) -> NotFound:
    """Return the error that says there is no such run."""
    return NotFound(f"there is no run {id!r}", remedy="Check the id: it was given when the run was started")


def _refuse_twice(needs: Sequence[Need]) -> None:
    seen: set[str] = set()
    for number, need in enumerate(needs, start=1):
        if need.id in seen:
            raise InvalidInput(f"need {number}: the id {need.id!r} stood before", remedy="Give each need its own id")
        seen.add(need.id)


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, indent=1).encode()


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).hexdigest()
