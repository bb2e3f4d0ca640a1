"""Workbook errors: the messages shared by all workbook readers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.paths import display_path

_REMEDY: Final = "Open it and save it as an Excel workbook (.xlsx) without a password, or as CSV"
_ONLY_NEEDS: Final = "Save only the needs, in a separate workbook or as CSV"


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


def over_limit(path: Path, problem: str, row: int | None = None) -> InvalidInput:
    """Return the error for a workbook that exceeds a limit, which `problem` states."""
    return InvalidInput(problem, remedy=_ONLY_NEEDS, place=Place(display_path(path), row))
