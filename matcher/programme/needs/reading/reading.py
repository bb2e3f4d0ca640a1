"""Reading: a file of needs, read in a process of its own with limits on rows, time and memory.

A hostile or damaged file can then at most end that process. The process reads the file given in its request (see
`process.py`), and writes lines of JSON: `{"accepted"}` now and then, and at last `{"result"}` or `{"error"}`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, Final, Generic, Literal, Self, TypeVar

from pydantic import TypeAdapter

from matcher.foundations.errors import InvalidInput, MatcherError, Place, Unavailable, UserError
from matcher.foundations.paths import display_path
from matcher.programme.needs.needs_file import ReadSummary
from matcher.programme.needs.preview import NeedsPreview
from matcher.programme.programme import Programme
from matcher.sources.formats.limits import (
    MAX_OPERATOR_MEMORY,
    MAX_UPLOAD_CPU_SECONDS,
    MAX_UPLOAD_MEMORY,
    MAX_UPLOAD_ROWS,
    MAX_UPLOAD_SECONDS,
)

T = TypeVar("T")

_MODULE: Final = "matcher.programme.needs.reading.process"
_ROOT: Final = Path(__file__).parents[4]
# The environment variables that the process inherits. The others hold secrets that it does not need.
_INHERITED: Final = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "LANG")
_ENDED_FROM_OUTSIDE: Final = ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP")
_OUT_OF_TIME: Final = "SIGXCPU"
_BLOCK: Final = 1_048_576
_ERRORS: Final[dict[str, type[UserError]]] = {kind.__name__: kind for kind in (InvalidInput, Unavailable)}


@dataclass(frozen=True)
class ReadingLimits:
    """The limits of a reading. Each is None if there is no limit, except `memory`, which is in bytes.

    `cpu_seconds` are of processor time, and `seconds` are those that pass. `niceness` says how far the process gives
    way to others, as in the command nice.
    """

    rows: int | None
    cpu_seconds: int | None
    seconds: float | None
    memory: int
    niceness: int = 0


UPLOAD_LIMITS: Final = ReadingLimits(
    MAX_UPLOAD_ROWS, MAX_UPLOAD_CPU_SECONDS, MAX_UPLOAD_SECONDS, MAX_UPLOAD_MEMORY, niceness=19
)
OPERATOR_LIMITS: Final = ReadingLimits(None, None, None, MAX_OPERATOR_MEMORY)


@dataclass(frozen=True)
class NeedsSource:
    """A file of needs, and how to read it: headings by field, and the sheet of a workbook, as for `NeedsTable.open`."""

    path: Path
    chosen: dict[str, str]
    sheet: str | None = None


class Reading(Generic[T]):
    """A file that is being read. Use it as a context manager: leaving the `with` block ends the process."""

    def __init__(
        self, source: NeedsSource, limits: ReadingLimits, kind: type[T], task: str, options: dict[str, Any]
    ) -> None:
        self._source, self._limits, self._kind = source, limits, kind
        self._request = {
            "task": task,
            "source": {**asdict(source), "path": str(source.path)},
            "limits": asdict(limits),
            "options": options,
        }
        self.accepted = 0
        self._seen, self._answer = 0, dict[str, Any]()

    def __enter__(self) -> Self:
        self._input, self._output, self._errors = TemporaryFile(), TemporaryFile(), TemporaryFile()
        self._input.write(json.dumps(self._request).encode())
        self._input.seek(0)
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            # Safe path: no module in the current folder can hide one of the standard library.
            [sys.executable, "-P", "-m", _MODULE],
            stdin=self._input,
            stdout=self._output,
            stderr=self._errors,
            env={**environment, "PYTHONPATH": str(_ROOT), "OPENBLAS_NUM_THREADS": "1"},
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for file in (self._input, self._output, self._errors):
            file.close()

    def is_finished(self, wait: float = 0.0) -> bool:
        """Return whether the process has ended, after at most `wait` seconds. Updates `accepted`, the needs read.

        Raises:
            InvalidInput: the file takes too long.

        """
        seconds = self._limits.seconds
        try:
            self._process.wait(wait)
        except subprocess.TimeoutExpired:
            self._read_lines()
            if seconds is not None and time.monotonic() - self._started > seconds:
                raise self._refused(f"takes longer than {seconds:,.0f} seconds to read") from None
            return False
        return True

    def result(self) -> T:
        """Return what was read. Waits for the process, for at most as long as the limits allow.

        Raises:
            InvalidInput: the file cannot be used, or exceeds a limit.
            Unavailable: the process was ended from outside, or a folder cannot be written.
            MatcherError: the process failed.

        """
        while not self.is_finished(wait=0.1):
            pass
        self._read_lines()
        if "result" in self._answer:
            return TypeAdapter(self._kind).validate_python(self._answer["result"])
        if "error" in self._answer:
            error = self._answer["error"]
            raise _ERRORS[error["kind"]](error["problem"], remedy=error["remedy"], place=Place(**error["place"]))
        raise self._failure()

    def _read_lines(self) -> None:
        # The process writes at the position of the shared file handle, so that position must stay as it is.
        handle, content = self._output.fileno(), b""
        while piece := os.pread(handle, _BLOCK, self._seen + len(content)):
            content += piece
        *lines, _ = content.split(b"\n")
        for line in lines:
            self._seen += len(line) + 1
            self._answer = json.loads(line)
            self.accepted = self._answer.get("accepted", self.accepted)

    def _failure(self) -> MatcherError:
        self._errors.seek(0)
        reason = self._errors.read().decode(errors="replace").strip().rpartition("\n")[2]
        code = self._process.returncode
        name = _signal_name(-code)
        if name in _ENDED_FROM_OUTSIDE:
            return Unavailable("the process that read the file was ended", remedy="Read the file again")
        if name == _OUT_OF_TIME:
            return self._refused(f"takes longer than {self._limits.cpu_seconds:,} seconds to read")
        if code < 0 or "MemoryError" in reason:
            return out_of_memory(self._source.path, self._limits.memory)
        return MatcherError(f"{display_path(self._source.path)}: reading failed: {reason}")

    def _refused(self, problem: str) -> InvalidInput:
        return InvalidInput(
            problem,
            remedy="Split it into several files, or save only the needs as CSV",
            place=Place(display_path(self._source.path)),
        )


def preview(source: NeedsSource, limits: ReadingLimits, *, first: int = 5) -> Reading[NeedsPreview]:
    """Return a reading that shows how the file would be read; see `preview_of`."""
    return Reading(source, limits, NeedsPreview, "preview", {"first": first})


def save(
    source: NeedsSource,
    limits: ReadingLimits,
    out: Path,
    programme: Programme,
    on_error: Literal["stop", "skip"],
) -> Reading[ReadSummary]:
    """Return a reading that saves the needs of `programme` in the folder `out`; see `read_needs` and `save_needs`."""
    options = {"out": str(out), "on_error": on_error, "programme": programme.model_dump(mode="json")}
    return Reading(source, limits, ReadSummary, "save", options)


def out_of_memory(path: Path, memory: int) -> InvalidInput:
    """Return the error for a file that cannot be read within `memory` bytes, or that ends the process."""
    return InvalidInput(
        f"cannot be read: it is damaged, or needs more than {memory / 1e9:.1f} GB of memory",
        remedy="Open it and save only the needs, as an Excel workbook (.xlsx) or as CSV",
        place=Place(display_path(path)),
    )


def _signal_name(number: int) -> str:
    import signal

    return next((each.name for each in signal.Signals if each == number), "")
