"""Themes: what a need is about, by a table of words and CPV codes; for the report, never for the ranking."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from matcher.foundations.artefacts import Artefacts
from matcher.records import Need

FOLDER: Final = Artefacts.installed().programme
NO_THEME: Final = "Other"
# Where a description says what it is about, it does so early.
_TELLING_CHARACTERS: Final = 1_500
# A division that says no more than "health" tells no theme.
_GENERAL: Final = frozenset({"85", "98"})


@dataclass(frozen=True)
class Theme:
    """A theme: its name, what its words begin with, and what its CPV codes begin with."""

    name: str
    words: re.Pattern[str] | None
    cpv: tuple[str, ...]

    def hits(self, text: str) -> int:
        """Return how many different words of the theme `text` has."""
        return len(set(self.words.findall(text.lower()))) if self.words else 0


def theme_of(need: Need) -> str:
    """Return the theme of `need`: that with most words in its title; failing that, the one with the longest part of
    its CPV codes; then that with most words in its description; then the CPV division; else "Other".
    """
    return (
        _by_words(need.title)
        or _by_code(need.cpv)
        or _by_words(" ".join((need.description[:_TELLING_CHARACTERS], *need.outcomes)))
        or next(
            (divisions()[code[:2]] for code in need.cpv if code[:2] in divisions() and code[:2] not in _GENERAL), ""
        )
        or NO_THEME
    )


def _by_words(text: str) -> str:
    hits = [(theme.hits(text), theme.name) for theme in themes()]
    most = max(count for count, _ in hits)
    return next(name for count, name in hits if count == most) if most else ""


def _by_code(codes: tuple[str, ...]) -> str:
    found = [
        (len(start), theme.name) for theme in themes() for start in theme.cpv if codes and codes[0].startswith(start)
    ]
    return max(found, key=lambda one: one[0])[1] if found else ""


@cache
def themes() -> tuple[Theme, ...]:
    """Return the themes in the order of the table, which decides between equals."""
    return tuple(
        Theme(row["theme"], _pattern(row["words"]), tuple(row["cpv"].split("|")) if row["cpv"] else ())
        for row in _rows("themes.csv")
    )


@cache
def divisions() -> dict[str, str]:
    """Return the names of the CPV divisions by their two digits."""
    return {row["division"]: row["name"] for row in _rows("cpv_divisions.csv")}


def _pattern(words: str) -> re.Pattern[str] | None:
    """A word that ends in "*" stands for all that begin so."""
    forms = [re.escape(word).replace(r"\*", r"\w*") for word in words.split("|") if word]
    return re.compile(rf"\b(?:{'|'.join(forms)})\b") if forms else None


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))
