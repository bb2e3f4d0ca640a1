"""Files and folders that are complete or absent, even if the process or the machine stops while they are written.

Everything is written under a temporary name next to its place, synchronised with the disk, then moved.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

# Names of temporary files and folders begin with this. A process that was killed may leave some behind.
UNFINISHED: Final = "new-"


def write(path: Path, content: bytes) -> None:
    """Write `content` to `path`, replacing any file there. Several processes may do so at the same time.

    Raises:
        OSError: the file cannot be written. `path` is as it was.

    """
    part = path.with_name(f"{UNFINISHED}{secrets.token_hex(4)}-{path.name}")
    try:
        part.write_bytes(content)
        publish({part: path})
    except OSError:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def replacing(path: Path, *, owner_only: bool = False) -> Iterator[Path]:
    """Give the path of an empty file to write. It replaces `path` at the end, unless an exception is raised.

    If `owner_only`, other users can neither read nor write the file.

    Raises:
        OSError: the file cannot be written. `path` is as it was.

    """
    part = part_of(path)
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600 if owner_only else 0o666)
        yield part
        publish({part: path})
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def part_of(path: Path) -> Path:
    """Return the temporary path at which one process at a time writes what becomes `path`."""
    return path.with_name(f".{path.name}.part")


def publish(parts: Mapping[Path, Path]) -> None:
    """Move each temporary file or folder, the keys of `parts`, to its place, the value. All are in one folder.

    First all of them, with the files in a folder, are synchronised with the disk. On return the moves are too.

    Raises:
        OSError: a file cannot be synchronised, and none is moved, or one cannot be moved.

    """
    for part in parts:
        for path in part.iterdir() if part.is_dir() else ():
            sync(path)
        sync(part)
    for part, path in parts.items():
        part.replace(path)
    for folder in {path.parent for path in parts.values()}:
        sync(folder)


def sync(path: Path) -> None:
    """Return once the file or folder `path` is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
