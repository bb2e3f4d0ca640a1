"""Durable: files that are whole or absent, whatever breaks off the writing of them."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

# What a file is called until it is whole; what is left of a broken process is known by it.
UNFINISHED: Final = "new-"


def write(path: Path, content: bytes) -> None:
    """Write `content` to `path`, in the place of what was there; on return it is on the disk.

    It is written beside its place and moved there, so that readers find the old or the new, never a part. A move is
    durable once the folder is on the disk, and only then.

    Raises:
        OSError: it cannot be written; `path` is as it was.

    """
    # A name of its own: others may be writing the same file.
    staging = path.with_name(f"{UNFINISHED}{secrets.token_hex(4)}-{path.name}")
    try:
        staging.write_bytes(content)
        sync(staging)
        staging.replace(path)
    except OSError:
        staging.unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync(path: Path) -> None:
    """Return once the file or folder `path` is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
