"""Owner-only files: other users of the machine can neither read nor change what this program writes.

Databases, letters, results and backups hold contact details. This module decides the permissions of every file.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from matcher.foundations.paths import display_path

FOLDER: Final = 0o700
FILE: Final = 0o600
# For files that hold nothing private, such as a model in use by a service that runs as another user.
PUBLIC_FILE: Final = 0o644
# The permissions that only the owner may have.
_OTHERS: Final = 0o077

_log = logging.getLogger(__name__)


def restrict_new_files() -> None:
    """Make everything that this process and its child processes create owner-only, including the files of libraries."""
    os.umask(_OTHERS)


def create(path: Path, mode: int = FILE) -> None:
    """Create an empty file at `path` with the permissions `mode`, whatever the umask.

    Raises:
        FileExistsError: `path` exists.
        OSError: the file cannot be created.

    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode & FILE)
    try:
        os.fchmod(handle, mode)
    finally:
        os.close(handle)


def exposed(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield those of `paths`, and of everything below them, to which other users have any access. Follow no links."""
    for path in paths:
        if _is_exposed(path):
            yield path
        for folder, folders, files in os.walk(path):
            yield from (child for name in (*folders, *files) if _is_exposed(child := Path(folder, name)))


def tighten(home: Path, parts: Iterable[Path]) -> None:
    """Make `home` and everything in it owner-only, as earlier versions did not, and log a warning if that was needed.

    If `home` may hold files of other programs, only `parts` and everything in them are made owner-only. Nothing is
    examined more closely unless `home`, a direct entry of it or one of `parts` is exposed. Files of other users stay as
    they are.
    """
    home = home.resolve()
    if not home.is_dir():
        return
    roots, entries = ([home], [home, *home.iterdir()]) if _is_dedicated(home) else (list(parts), list(parts))
    if any(map(_is_exposed, entries)) and (tightened := sum(map(_tighten, exposed(roots)))):
        _log.warning(
            "other users of this machine had access to %s; now only its owner has (%s files and folders changed)",
            display_path(home),
            f"{tightened:,}",
        )


def tighten_file(path: Path) -> None:
    """Make the file at `path` owner-only, if it exists, and log a warning if that was needed."""
    if _is_exposed(path) and _tighten(path):
        _log.warning("other users of this machine had access to %s; now only its owner has", display_path(path))


def _is_dedicated(home: Path) -> bool:
    """Return whether `home` is likely to hold nothing else: it is no top-level, shared, home or current folder."""
    here = Path.cwd()
    is_shared = bool(home.stat().st_mode & stat.S_ISVTX)
    return not is_shared and len(home.parts) > 2 and home not in (Path.home(), here, *here.parents)


def _is_exposed(path: Path) -> bool:
    with suppress(OSError):  # removed since it was listed
        mode = path.lstat().st_mode
        return not stat.S_ISLNK(mode) and bool(mode & _OTHERS)
    return False


def _tighten(path: Path) -> bool:
    """Remove other users' permissions. Return False if that fails, for example because another user owns the file."""
    try:
        path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~_OTHERS)
    except OSError:
        return False
    return True
