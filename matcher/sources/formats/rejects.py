"""The rejects file: the lines an import could not use, as JSON Lines, to be mended and imported again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from matcher.foundations.errors import Place, Unavailable
from matcher.foundations.paths import display_path
from matcher.sources.formats.jsonl import Rejected

_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


class RejectsFile:
    """Collects rejected lines; made with the first one, in place of what `path` held before.

    Without a `path` lines are passed over. Each method raises `Unavailable` where the file cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._kept = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def path(self) -> Path | None:
        """The file, where any line was kept."""
        return self._path if self._kept else None

    def write(self, line: Rejected) -> None:
        """Add a line: `{"file", "line", "field", "problem", "remedy", "text"}`, without what is not known."""
        if self._path is None:
            return
        problem = line.problem
        value = {
            "file": line.file,
            "line": line.number,
            "field": problem.place.field,
            "problem": problem.problem,
            "remedy": problem.remedy,
            "text": line.text,
        }
        known = {name: part for name, part in value.items() if part is not None}
        with self._explained(self._path):
            if self._file is None:
                # The lines may hold contact details: for their owner's eyes alone.
                self._file = os.fdopen(os.open(self._path, _NEW_FILE, 0o600), "wb")
            self._file.write(json.dumps(known, ensure_ascii=False).encode() + b"\n")

    def flush(self) -> None:
        """Bring what was written to the disk."""
        if self._file is not None and self._path is not None:
            with self._explained(self._path):
                self._file.flush()
                os.fsync(self._file.fileno())

    @contextmanager
    def all_or_none(self) -> Iterator[None]:
        """Take back the lines written inside when an exception passes; a file left empty goes away."""
        try:
            yield
        except BaseException:
            self._drop()
            raise
        self._kept = self._file.tell() if self._file is not None else 0

    def _drop(self) -> None:
        if self._file is None or self._path is None:
            return
        with self._explained(self._path):
            self._file.truncate(self._kept)
            self._file.seek(self._kept)
            if not self._kept:
                self._file.close()
                self._file = None
                self._path.unlink()

    @contextmanager
    def _explained(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Unavailable(
                f"rejected lines cannot be written: {error.strerror or error}",
                remedy="Name a file in a folder that can be written to, with room on the disk",
                place=Place(file=display_path(path)),
            ) from error
