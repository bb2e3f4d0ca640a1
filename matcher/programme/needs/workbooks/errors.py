"""Workbook errors: the limits and messages shared by all workbook readers."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.paths import display_path

# The maximum size of an unpacked workbook, in bytes. 100,000 needs of 2,000 characters each take 250 MB.
_MAX_UNPACKED: Final = 1_500_000_000
_REMEDY: Final = "Open it and save it as an Excel workbook (.xlsx) without a password, or as CSV"


def check_unpacked_size(path: Path) -> None:
    """Check the unpacked size of the ZIP archive at `path`.

    Raises:
        InvalidInput: the unpacked size is too large.
        BadZipFile: the file is not a ZIP archive.

    """
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > _MAX_UNPACKED:
        raise InvalidInput(
            f"comes to {unpacked / 1e9:,.1f} GB when it is unpacked",
            remedy="Save only the needs, in a separate workbook or as CSV",
            place=Place(display_path(path)),
        )


def unreadable_workbook(path: Path, kind: str, reason: str) -> InvalidInput:
    """Return the error for a file that is damaged or is not of the expected `kind`, such as "a workbook"."""
    return InvalidInput(
        f"is not {kind} that can be read: {' '.join(reason.split())[:120]}",
        remedy=_REMEDY,
        place=Place(display_path(path)),
    )


def locked_workbook(path: Path) -> InvalidInput:
    """Return the error for a password-protected workbook."""
    return InvalidInput("is a password-protected workbook", remedy=_REMEDY, place=Place(display_path(path)))


def no_such_sheet(path: Path, sheet: str, names: Iterable[str]) -> InvalidInput:
    """Return the error for a workbook that has no sheet called `sheet`. The remedy lists the sheets in `names`."""
    problem = f"there is no sheet {sheet[:60]!r}"
    return InvalidInput(problem, remedy=f"Use one of: {', '.join(names)}", place=Place(display_path(path)))
