"""The file of a SQLite database: it is owner-only, and stays the same file while it is in use."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from matcher.foundations import owner_only
from matcher.foundations.errors import Unavailable
from matcher.foundations.paths import display_path

# SQLite keeps recent changes in further files, to which it gives the permissions of the database file.
_SUFFIXES: Final = ("", "-wal", "-shm")


class DatabaseFile:
    """The file of a SQLite database. If the file is missing, create it empty and owner-only.

    SQLite does not notice if another file takes the place of an open database: it accepts changes into a file that no
    longer has a name, and they are lost.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        with suppress(OSError):  # SQLite explains why the file cannot be opened
            if not self._path.exists():
                owner_only.create(self._path)
        self._identity = self._current_identity()

    @classmethod
    def of(cls, url: URL) -> DatabaseFile | None:
        """Return the file of the database at `url`, or None if `url` is no SQLite database on disk."""
        paths = paths_of(url)
        return cls(paths[0]) if paths else None

    def tighten(self) -> None:
        """Make the file and those that SQLite keeps beside it owner-only."""
        for path in _with_companions(self._path):
            owner_only.tighten_file(path)

    def check(self) -> None:
        """Check that the path still leads to the file that was opened.

        Raises:
            Unavailable: the file was replaced, moved or removed.

        """
        if self._identity is not None and self._current_identity() != self._identity:
            raise Unavailable(
                f"the database file {display_path(self._path)} was replaced or removed while it was in use",
                remedy="Stop every process that uses it, delete the files ending in -wal and -shm beside it, and start "
                "again. To replace a database in use, run: matcher restore FILE --replace",
            )

    def _current_identity(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino


def paths_of(url: URL | str) -> tuple[Path, ...]:
    """Return the paths of the database file at `url` and of those beside it, or () if it is not SQLite on disk."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return ()
    database = parsed.database or ""
    if parsed.get_backend_name() != "sqlite" or database in ("", ":memory:") or database.startswith("file:"):
        return ()
    return _with_companions(Path(database))


def _with_companions(path: Path) -> tuple[Path, ...]:
    return tuple(path.with_name(path.name + suffix) for suffix in _SUFFIXES)
