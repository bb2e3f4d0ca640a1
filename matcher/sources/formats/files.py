"""Find the files at the paths that a user gives."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.paths import display_path

ENDINGS: Final = (".jsonl", ".jsonl.gz")


def find_files(paths: Iterable[Path], endings: tuple[str, ...] = ENDINGS) -> list[Path]:
    """Return the files at `paths`, in the same order as `paths` and without duplicates.

    A path to a file gives that file, whatever its name. A path to a folder gives all the files with one of
    `endings` in the folder and its subfolders, sorted by path.

    Raises:
        InvalidInput: a path does not exist, or a folder contains no file with one of `endings`.

    """
    by_location: dict[Path, Path] = {}
    for path in paths:
        for file in _files_of(path, endings):
            by_location.setdefault(file.resolve(), file)
    return list(by_location.values())


def _files_of(path: Path, endings: tuple[str, ...]) -> list[Path]:
    try:
        if not path.is_dir():
            path.stat()
            return [path]
        files = sorted(file for file in path.rglob("*") if file.name.endswith(endings) and file.is_file())
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    if not files:
        raise InvalidInput(
            "the folder contains no file that can be read",
            remedy=f"Use a folder with files named *{' or *'.join(endings)}",
            place=Place(file=display_path(path)),
        )
    return files


def unreadable(path: Path, error: Exception) -> InvalidInput:
    """Return an error that says why the file at `path` cannot be opened or read."""
    place = Place(file=display_path(path))
    if isinstance(error, FileNotFoundError):
        return InvalidInput("there is no such file or folder", remedy="Check the path", place=place)
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return InvalidInput(
        f"cannot be read: {reason}", remedy="Check the path, and that you have permission to read it", place=place
    )
