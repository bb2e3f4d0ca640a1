"""Themes: the subject of each need, according to a table of words and CPV codes.

Themes are used in the report, never in the ranking.
"""

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
# The number of characters of a description that are searched for words. Most descriptions state their subject early.
_DESCRIPTION_START: Final = 1_500
# CPV divisions that are too general to be a theme, such as health.
_GENERAL_DIVISIONS: Final = frozenset({"85", "98"})


@dataclass(frozen=True)
class Theme:
    """A theme, with a pattern that matches its words, and its CPV prefixes."""

    name: str
    words: re.Pattern[str] | None
    cpv: tuple[str, ...]

    def hits(self, text: str) -> int:
        """Return how many different words of the theme are in `text`."""
        return len(set(self.words.findall(text.lower()))) if self.words else 0


def theme_of(need: Need) -> str:
    """Return the theme of `need`. The first rule that gives a theme wins:

    1. the theme with the most words in the title
    2. the theme with the longest prefix of the first CPV code
    3. the theme with the most words in the first part of the description and in the outcomes
    4. the CPV division of the first code that is not in a general division
    5. "Other"
    """
    return (
        _by_words(need.title)
        or _by_code(need.cpv)
        or _by_words(" ".join((need.description[:_DESCRIPTION_START], *need.outcomes)))
        or next(
            (
                divisions()[code[:2]]
                for code in need.cpv
                if code[:2] in divisions() and code[:2] not in _GENERAL_DIVISIONS
            ),
            "",
        )
        or NO_THEME
    )


def _by_words(text: str) -> str:
    hits = [(theme.hits(text), theme.name) for theme in themes()]
    most = max(count for count, _ in hits)
    return next(name for count, name in hits if count == most) if most else ""


def _by_code(codes: tuple[str, ...]) -> str:
    matches = [
        (len(start), theme.name) for theme in themes() for start in theme.cpv if codes and codes[0].startswith(start)
    ]
    return max(matches, key=lambda match: match[0])[1] if matches else ""


@cache
def themes() -> tuple[Theme, ...]:
    """Return the themes in the order of the table. The first theme wins a tie."""
    return tuple(
        Theme(row["theme"], _pattern(row["words"]), tuple(row["cpv"].split("|")) if row["cpv"] else ())
        for row in _rows("themes.csv")
    )


@cache
def divisions() -> dict[str, str]:
    """Return the names of the CPV divisions, by two-digit code."""
    return {row["division"]: row["name"] for row in _rows("cpv_divisions.csv")}


def _pattern(words: str) -> re.Pattern[str] | None:
    """Return a pattern that matches any of `words`, or None if there are no words.

    The words are separated by "|". A "*" at the end of a word matches any ending.
    """
    forms = [re.escape(word).replace(r"\*", r"\w*") for word in words.split("|") if word]
    return re.compile(rf"\b(?:{'|'.join(forms)})\b") if forms else None


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))
