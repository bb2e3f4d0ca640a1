"""Saved needs: the needs of a programme as JSON Lines, ready to be matched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from matcher.foundations.errors import InvalidInput
from matcher.foundations.staged_files import StagedFiles
from matcher.programme.programme import Programme
from matcher.records import Need

NEEDS: Final = "needs.jsonl"
# How many needs are saved between two reports of progress.
_REPORTED: Final = 500


def save_needs(
    needs: Iterable[Need], folder: Path, programme: Programme, on_progress: Callable[[int], object] = lambda _: None
) -> int:
    """Write `needs` to `NEEDS` in `folder`, with the default region of `programme`. Return how many there are.

    `on_progress` is called with the number of needs written so far.

    Raises:
        InvalidInput: two needs have the same id.
        Unavailable: `folder` cannot be written.

    """
    seen: set[str] = set()
    with StagedFiles(folder) as staged, staged.path(NEEDS).open("w", encoding="utf-8", newline="\n") as file:
        for number, need in enumerate(needs, start=1):
            check_unique(need, number, seen)
            file.write(need_line(programme.with_default_region(need)))
            if number % _REPORTED == 0:
                on_progress(number)
    return len(seen)


def need_line(need: Need) -> str:
    """Return `need` as a line of JSON Lines."""
    return f"{need.model_dump_json(exclude_none=True)}\n"


def check_unique(need: Need, number: int, seen: set[str]) -> None:
    """Add the id of `need`, the need with this `number`, to `seen`.

    Raises:
        InvalidInput: the id is in `seen`.

    """
    if need.id in seen:
        raise InvalidInput(f"need {number}: an earlier need has the id {need.id!r}", remedy="Give each need its own id")
    seen.add(need.id)
