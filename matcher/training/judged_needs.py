"""Judged needs: needs with the grades that readers gave to suppliers, as in the folders of `data/judged`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from matcher.evaluation import read_judgements
from matcher.foundations.errors import InvalidInput, Place
from matcher.records import Need
from matcher.sources.formats.jsonl import read_records

NEEDS_FILE: Final = "needs.jsonl"
GRADES_FILE: Final = "qrels.tsv"


@dataclass(frozen=True)
class JudgedNeed:
    """A need, and the grade of each profile that was judged for it, by profile id. Higher is better."""

    need: Need
    grades: Mapping[str, int]


def read_judged_needs(folders: Iterable[Path]) -> list[JudgedNeed]:
    """Read the judged needs in each of `folders`, from its files `NEEDS_FILE` and `GRADES_FILE`, in file order.

    Raises:
        InvalidInput: a file cannot be read, has an invalid line, or judges a need that is in no file, or a need is in
            two folders.

    """
    needs: dict[str, JudgedNeed] = {}
    for folder in folders:
        grades = dict(read_judgements(folder / GRADES_FILE).grades)
        for need in read_records(folder / NEEDS_FILE, Need):
            if need.id in needs:
                raise InvalidInput(
                    f"need {need.id} appears twice", remedy="Use each folder once", place=Place(str(folder))
                )
            if need.id in grades:
                needs[need.id] = JudgedNeed(need, grades.pop(need.id))
        if grades:
            raise InvalidInput(
                f"need {min(grades)} is judged, but is not in {NEEDS_FILE}",
                remedy="Add the need, or delete its judgements",
                place=Place(str(folder / GRADES_FILE)),
            )
    return list(needs.values())


def digest_of_judgements(judged: Iterable[JudgedNeed]) -> str:
    """Return the hexadecimal SHA-256 hash of the needs and their grades."""
    digest = hashlib.sha256()
    for each in judged:
        digest.update(each.need.model_dump_json().encode())
        digest.update(repr(sorted(each.grades.items())).encode())
    return digest.hexdigest()
