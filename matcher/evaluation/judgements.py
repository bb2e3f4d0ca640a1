"""Relevance judgements: how well profiles suit needs, read from a TREC qrels file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from matcher.foundations.errors import InvalidInput, Place

# The gain of a grade is 2^grade - 1. Above this grade, a single judgement would outweigh all others.
MAX_GRADE: Final = 20

_FORMAT: Final = (
    "Write one judgement per line, separated by tabs or spaces, without a header: need_id 0 profile_id relevance"
)
_GRADE = re.compile(r"^\d{1,9}$", re.ASCII)


@dataclass(frozen=True)
class Judgements:
    """Grades by need id and profile id. Grade 0 means that the profile was judged not relevant. Higher is better.

    A profile without a grade is treated as not relevant.
    """

    grades: Mapping[str, Mapping[str, int]]

    def __len__(self) -> int:
        return sum(len(by_profile) for by_profile in self.grades.values())


def read_judgements(path: Path) -> Judgements:
    """Read the qrels file at `path`. The second column must be present but is ignored.

    Raises:
        InvalidInput: the file cannot be read or is empty, a line does not have four columns, a relevance is not a
            whole number from 0 to `MAX_GRADE`, or a need and profile are judged twice.

    """
    grades: dict[str, dict[str, int]] = {}
    first_lines: dict[tuple[str, str], int] = {}
    for place, columns in _rows(path):
        need_id, profile_id, grade = _judgement(columns, place)
        first = first_lines.setdefault((need_id, profile_id), place.line or 0)
        if first != place.line:
            raise InvalidInput(
                f"{need_id} and {profile_id} are already judged on line {first}",
                remedy="Delete one of the two lines",
                place=place,
            )
        grades.setdefault(need_id, {})[profile_id] = grade
    if not grades:
        raise InvalidInput("contains no judgements", remedy=_FORMAT, place=Place(str(path)))
    return Judgements(grades)


def _rows(path: Path) -> Iterator[tuple[Place, list[str]]]:
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if columns := line.split():
            yield Place(str(path), number), columns


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput(
            f"cannot be read ({reason})", remedy="Give the path of a qrels file", place=Place(str(path))
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidInput("is not UTF-8 text", remedy="Save the file as UTF-8", place=Place(str(path))) from error


def _judgement(columns: list[str], place: Place) -> tuple[str, str, int]:
    if len(columns) != 4:
        raise InvalidInput(f"has {len(columns)} columns, not 4", remedy=_FORMAT, place=place)
    need_id, _, profile_id, relevance = columns
    if not _GRADE.match(relevance) or int(relevance) > MAX_GRADE:
        raise InvalidInput(
            f"{relevance[:20]!r} is not a whole number from 0 to {MAX_GRADE}",
            remedy="Use 0 for not relevant, and 1 or more for relevant. Remove any header line",
            place=Place(place.file, place.line, "relevance"),
        )
    return need_id, profile_id, int(relevance)
