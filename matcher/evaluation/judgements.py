"""Relevance judgements: which profiles are known to suit which needs, read from a TREC qrels file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from matcher.foundations.errors import InvalidInput, Place

# The gain of a grade is 2^grade - 1; beyond this one judgement would drown all others.
MAX_GRADE: Final = 20

_FORM: Final = "Write one judgement a line, without a header: need_id 0 profile_id relevance, parted by tabs or spaces"
_GRADE = re.compile(r"^\d{1,9}$", re.ASCII)


@dataclass(frozen=True)
class Judgements:
    """Grades by need id and profile id. 0 is judged not relevant, 1 and above relevant, higher better.

    A profile without a grade for a need counts as not relevant to it.
    """

    grades: Mapping[str, Mapping[str, int]]

    def __len__(self) -> int:
        return sum(len(by_profile) for by_profile in self.grades.values())


def read_judgements(path: Path) -> Judgements:
    """Return the judgements of the qrels file at `path`. The second column is read and not used.

    Raises:
        InvalidInput: the file cannot be read or is empty, a line has not four columns, a relevance is not a
            whole number from 0 to `MAX_GRADE`, or a need and a profile are judged twice.

    """
    grades: dict[str, dict[str, int]] = {}
    first_seen: dict[tuple[str, str], int] = {}
    for place, columns in _rows(path):
        need_id, profile_id, grade = _judgement(columns, place)
        seen = first_seen.setdefault((need_id, profile_id), place.line or 0)
        if seen != place.line:
            raise InvalidInput(
                f"{need_id} and {profile_id} were judged before, on line {seen}",
                remedy="Keep one of the two lines",
                place=place,
            )
        grades.setdefault(need_id, {})[profile_id] = grade
    if not grades:
        raise InvalidInput("has no judgement in it", remedy=_FORM, place=Place(str(path)))
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
        raise InvalidInput(f"has {len(columns)} columns, not 4", remedy=_FORM, place=place)
    need_id, _, profile_id, relevance = columns
    if not _GRADE.match(relevance) or int(relevance) > MAX_GRADE:
        raise InvalidInput(
            f"{relevance[:20]!r} is not a whole number from 0 to {MAX_GRADE}",
            remedy="Give 0 for not relevant, 1 for relevant, or a higher grade; leave a header line out",
            place=Place(place.file, place.line, "relevance"),
        )
    return need_id, profile_id, int(relevance)
