"""Files: which files a path given by the user stands for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.paths import display_path

ENDINGS: Final = (".jsonl", ".jsonl.gz")


def find_files(paths: Iterable[Path], endings: tuple[str, ...] = ENDINGS) -> list[Path]:
    """Return the files that `paths` stand for, in their order: a file for itself, a folder for every file in it
    or below whose name ends in one of `endings`, sorted. A file reached twice is there once.

    Raises:
        InvalidInput: a path does not exist, or a folder holds no such file.

    """
    found: dict[Path, Path] = {}
    for path in paths:
        for file in _files_of(path, endings):
            found.setdefault(file.resolve(), file)
    return list(found.values())


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
            "the folder holds no file to read",
            remedy=f"Give a folder with files named *{' or *'.join(endings)}",
            place=Place(file=display_path(path)),
        )
    return files


def unreadable(path: Path, error: Exception) -> InvalidInput:
    """Return the error that says why a file cannot be opened or read."""
    place = Place(file=display_path(path))
    if isinstance(error, FileNotFoundError):
        return InvalidInput("there is no such file or folder", remedy="Check the path", place=place)
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return InvalidInput(f"cannot be read: {reason}", remedy="Check the path and the right to read it", place=place)
