"""Rejects files: the lines that an import could not use, as JSON Lines, to be corrected and imported again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from matcher.foundations import owner_only
from matcher.foundations.errors import InvalidInput, Place, Unavailable
from matcher.foundations.paths import display_path


class RejectsFile:
    """The rejects file of one import, created in `folder` when the first line is rejected.

    The file name consists of the time `started` and `label`, as in `2026-11-28T10-15-03-profiles.jsonl`, and a number
    if that name is taken. If `folder` is None, rejected lines are not kept. Every method raises `Unavailable` if the
    file cannot be written.
    """

    def __init__(self, folder: Path | None, label: str, started: datetime | None = None) -> None:
        self._folder = folder
        self._stem = f"{started or datetime.now(UTC):%Y-%m-%dT%H-%M-%S}-{label}"
        self._path: Path | None = None
        self._file: BinaryIO | None = None
        self._kept = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def path(self) -> Path | None:
        """The path of the file, or None if no line was kept."""
        return self._path if self._kept else None

    def write(self, problem: InvalidInput, text: str) -> None:
        """Add a line `{"file", "line", "field", "problem", "remedy", "text"}`, leaving out any unknown values."""
        if self._folder is None:
            return
        place = problem.place
        value = {
            "file": place.file,
            "line": place.line,
            "field": place.field,
            "problem": problem.problem,
            "remedy": problem.remedy,
            "text": text,
        }
        known = {name: part for name, part in value.items() if part is not None}
        with self._write_errors():
            if self._file is None:
                self._file = self._created(self._folder)
            self._file.write(json.dumps(known, ensure_ascii=False).encode() + b"\n")

    def flush(self) -> None:
        """Write all lines added so far to disk."""
        if self._file is not None:
            with self._write_errors():
                self._file.flush()
                os.fsync(self._file.fileno())

    @contextmanager
    def all_or_none(self) -> Iterator[None]:
        """If the block raises an exception, remove the lines that it wrote. Delete the file if it is then empty."""
        try:
            yield
        except BaseException:
            self._discard()
            raise
        self._kept = self._file.tell() if self._file is not None else 0

    def _created(self, folder: Path) -> BinaryIO:
        folder.mkdir(mode=owner_only.FOLDER, parents=True, exist_ok=True)
        number = 1
        while True:
            path = folder / (f"{self._stem}.jsonl" if number == 1 else f"{self._stem}-{number}.jsonl")
            try:
                owner_only.create(path)
            except FileExistsError:
                number += 1
            else:
                self._path = path
                return path.open("wb")

    def _discard(self) -> None:
        if self._file is None or self._path is None:
            return
        with self._write_errors():
            self._file.truncate(self._kept)
            self._file.seek(self._kept)
            if not self._kept:
                self._file.close()
                self._file = None
                self._path.unlink()

    @contextmanager
    def _write_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            path = self._path or self._folder
            raise Unavailable(
                f"rejected lines cannot be written: {error.strerror or error}",
                remedy="Make the folder writable, and check that the disk has free space",
                place=Place(file=display_path(path) if path else None),
            ) from error
