"""Files and folders that are either complete or absent, even if the process or the machine stops during writing.

A file or folder is written under a temporary name in the same folder, synchronised with the disk, then renamed.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from matcher.foundations import owner_only

# The prefix of temporary file and folder names. A killed process may leave such files and folders behind.
UNFINISHED: Final = "new-"


def write(path: Path, content: bytes, mode: int = owner_only.FILE) -> None:
    """Write `content` to `path`, replacing any file there. Several processes may write the same path at once.

    `mode` is the permissions of the file.

    Raises:
        OSError: the file cannot be written. `path` is unchanged.

    """
    part = path.with_name(f"{UNFINISHED}{secrets.token_hex(4)}-{path.name}")
    try:
        owner_only.create(part, mode)
        part.write_bytes(content)
        publish({part: path})
    except OSError:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield the path of an empty file to write. The file replaces `path` when the block ends without an exception.

    Other users can neither read nor write the file.

    Raises:
        OSError: the file cannot be written. `path` is unchanged.

    """
    part = part_of(path)
    try:
        part.unlink(missing_ok=True)
        owner_only.create(part)
        yield part
        publish({part: path})
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def part_of(path: Path) -> Path:
    """Return the temporary path for the content of `path`. Only one process at a time may write there."""
    return path.with_name(f".{path.name}.part")


def publish(parts: Mapping[Path, Path]) -> None:
    """Rename temporary files and folders. `parts` maps each temporary path to its final path in the same folder.

    Everything is synchronised with the disk before the first rename, including the files inside a temporary folder.
    On return, the renames are on the disk too.

    Raises:
        OSError: a file cannot be synchronised, in which case nothing is renamed, or a rename fails.

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
