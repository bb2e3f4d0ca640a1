"""Retention: delete the copies of contact details that an installation no longer needs.

The register itself is not touched. `docs/operations.md` states how long everything is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from matcher.foundations.settings import Settings

# How long to keep the register that a restore replaced, rejected lines, and the letters of alerts: long enough to
# notice a mistake. A product decision.
COPY_LIFE: Final = timedelta(days=30)

_LETTERS: Final = (
    "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]-*.json",
    "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]-*.eml",
)


def delete_old_copies(settings: Settings, *, now: datetime | None = None) -> list[Path]:
    """Delete replaced registers and rejects files in the home that are older than `COPY_LIFE`. Return their paths."""
    replaced = settings.backups_folder.glob("before-restore-*")
    return _delete([*replaced, *settings.rejects_folder.glob("*")], now)


def delete_old_letters(folder: Path, *, now: datetime | None = None) -> list[Path]:
    """Delete the digests and letters in `folder` that are older than `COPY_LIFE`. Return their paths."""
    return _delete([path for pattern in _LETTERS for path in folder.glob(pattern)], now)


def _delete(paths: Iterable[Path], now: datetime | None) -> list[Path]:
    oldest = ((now or datetime.now(UTC)) - COPY_LIFE).timestamp()
    old = [path for path in paths if path.is_file() and path.stat().st_mtime < oldest]
    for path in old:
        path.unlink(missing_ok=True)
    return old
