"""Staged files: several files that are written under temporary names and renamed once all are complete."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from xlsxwriter.exceptions import XlsxWriterException

from matcher.foundations import atomic_files
from matcher.foundations.errors import Unavailable
from matcher.foundations.paths import display_path


class StagedFiles:
    """Files that are written under temporary names in their folder, and renamed once all are complete.

    If the `with` block raises an error, the temporary files are removed and existing files stay unchanged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parts: dict[Path, Path] = {}

    def __enter__(self) -> Self:
        with explain_disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def path(self, name: str) -> Path:
        """Return the temporary path for the file `name`."""
        target = self.folder / name
        part = atomic_files.part_of(target)
        self._parts[part] = target
        return part

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if error is None:
                with explain_disk_errors(self.folder):
                    self._check()
                    atomic_files.publish(self._parts)
        finally:
            for part in self._parts:
                with suppress(OSError):
                    part.unlink(missing_ok=True)

    def _check(self) -> None:
        """Raise an error if a target is a folder, because renaming would then fail halfway."""
        if blocked := next((target for target in self._parts.values() if target.is_dir()), None):
            raise IsADirectoryError(21, f"{blocked.name} is a folder")


@contextmanager
def explain_disk_errors(folder: Path) -> Iterator[None]:
    """Turn disk errors that occur while writing to `folder` into errors that say what to do.

    Raises:
        Unavailable: the block raised a disk error.

    """
    try:
        yield
    except (OSError, sqlite3.OperationalError, XlsxWriterException) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Unavailable(
            f"{display_path(folder)} cannot be written: {reason}",
            remedy="Choose another folder that has enough disk space",
        ) from error
