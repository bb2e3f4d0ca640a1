"""Reference tables: the plain facts in `data/reference/`, read at first use."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from matcher.foundations.artefacts import Artefacts
from matcher.foundations.errors import InvalidInput, Place

FOLDER: Final = Artefacts.installed().reference


@dataclass(frozen=True)
class PostcodeArea:
    """The letters a postcode begins with: the region most of its addresses are in, and its middle (WGS 84)."""

    region: str
    latitude: float
    longitude: float


@cache
def postcode_areas() -> dict[str, PostcodeArea]:
    """Return the postcode areas of Great Britain and Northern Ireland by their letters."""
    return {
        row["area"]: PostcodeArea(row["region"], float(row["latitude"]), float(row["longitude"]))
        for row in _rows("postcode_areas.csv")
    }


@cache
def digests() -> dict[str, str]:
    """Return the SHA-256 of each reference table by its file name: what answers are computed with besides records."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(FOLDER.glob("*.csv"))}


# A word; a dot or sign within one (an address, "A&E", "people's") is a part of it. A comma and a lone "&" count too.
WORD: Final = re.compile(r"[^\W_]+(?:(?:[&'’@_]|\.(?=[a-z]))[^\W_]+)*|[,&]")

_SHORT: Final = re.compile(r"[A-Za-z0-9]+(?:&[A-Za-z0-9]+)*")
_FORM: Final = re.compile(r"[A-Za-z0-9]+(?:(?:, | |-|'|' )[A-Za-z0-9]+)*")
_COLUMNS: Final = ["short", "full", "plain", "anycase"]


@cache
def places() -> dict[str, str]:
    """Return the region of each place whose name, in lower case, tells it: counties, cities, boroughs."""
    return {row["place"]: row["region"] for row in _rows("places.csv")}


@cache
def nhs_organisations() -> dict[str, tuple[str, str]]:
    """Return the name and the kind ("ccg", "icb") of each ODS code of a commissioner since 2021."""
    return {row["code"]: (row["name"], row["kind"]) for row in _rows("nhs_organisations.csv")}


@cache
def nhs_codes() -> dict[str, str]:
    """Return the ODS code of each of these commissioners by its name, in small letters."""
    return {name.casefold(): code for code, (name, _) in nhs_organisations().items()}


@cache
def nhs_successors() -> tuple[tuple[str, str, date], ...]:
    """Return which code was succeeded by which and since when; of several days the last holds."""
    return tuple(
        (row["code"], row["successor"], date.fromisoformat(row["since"])) for row in _rows("nhs_successors.csv")
    )


@cache
def health_innovation_networks() -> dict[str, str]:
    """Return today's name of each academic health science network by its old name, in small letters."""
    return {row["ahsn"].casefold(): row["today"] for row in _rows("health_innovation_networks.csv")}


@dataclass(frozen=True)
class Term:
    """A term of the field: its short form ("" where it has none), its full form, and everyday words for it.

    A short form counts only as it is written, unless `any_case` says that it is no other word in small letters.
    """

    short: str
    full: str
    plain: tuple[str, ...] = ()
    any_case: bool = False

    @property
    def forms(self) -> tuple[str, ...]:
        """All forms: short, full, plain."""
        return tuple(form for form in (self.short, self.full, *self.plain) if form)


@cache
def terms() -> tuple[Term, ...]:
    """Return the terms of the NHS, of procurement and of care, in the order of the table."""
    return read_terms(FOLDER / "terms.csv")


def read_terms(path: Path) -> tuple[Term, ...]:
    """Read a table of terms with the columns short, full, plain (forms parted by "|") and anycase (yes or no).

    Raises InvalidInput where a row is incomplete or a form could mean two rows.
    """
    found: list[Term] = []
    rows_by_key: dict[tuple[str, ...], int] = {}
    for line, term in _terms_in(path):
        # Commas are left out at times: "voluntary, community" is no other term than "voluntary community".
        keys = {tuple(word for word in key_of(form) if word != ","): form for form in term.forms}
        for key, form in keys.items():
            if key in rows_by_key:
                raise _invalid(path, line, f"“{form}” stands in line {rows_by_key[key]} too", "Keep one of the two.")
        if len(keys) < len(term.forms):
            raise _invalid(path, line, "two forms differ only in case, plural, hyphen or comma", "Keep one of the two.")
        rows_by_key |= dict.fromkeys(keys, line)
        found.append(term)
    return tuple(found)


def key_of(form: str) -> tuple[str, ...]:
    """Return the words of `form` as they are compared: without case, plural, hyphens."""
    return tuple(word_key(word) for word in WORD.findall(form))


def word_key(word: str) -> str:
    """Return `word` as it is compared: in small letters and the singular."""
    if word == "&":
        return "and"
    word = word.lower().replace("’", "'").removesuffix("'s")
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("sses"):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _terms_in(path: Path) -> Iterator[tuple[int, Term]]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file, strict=True)
        if reader.fieldnames != _COLUMNS:
            raise _invalid(path, 1, f"the columns are not {', '.join(_COLUMNS)}", "Name them so, in this order.")
        for row in reader:
            if None in row or None in row.values():
                raise _invalid(path, reader.line_num, "there are not four columns", "Quote a form that has a comma.")
            yield reader.line_num, _term(path, reader.line_num, row)


def _term(path: Path, line: int, row: dict[str, str]) -> Term:
    plain = tuple(form.strip() for form in row["plain"].split("|")) if row["plain"] else ()
    if row["short"] and not _SHORT.fullmatch(row["short"]):
        raise _invalid(path, line, f"“{row['short']}” is not one word", "Give a short form of letters and digits.")
    for form in (row["full"], *plain):
        if not _FORM.fullmatch(form):
            raise _invalid(path, line, f"“{form}” is not words alone", "Give words, commas, hyphens, apostrophes.")
    if row["anycase"] not in ("yes", "no"):
        raise _invalid(path, line, f"anycase is “{row['anycase']}”", "Write yes or no.")
    return Term(row["short"], row["full"], plain, row["anycase"] == "yes")


def _invalid(path: Path, line: int, problem: str, remedy: str) -> InvalidInput:
    return InvalidInput(problem, remedy=remedy, place=Place(file=path.name, line=line))


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
