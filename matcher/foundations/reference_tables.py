"""The reference tables in `data/reference/`, read on first use."""

from __future__ import annotations

import csv
import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Final

from matcher.foundations.artefacts import Artefacts
from matcher.foundations.errors import InvalidInput, Place

FOLDER: Final = Artefacts.installed().reference


@dataclass(frozen=True)
class PostcodeArea:
    """A postcode area: the region that most of its addresses are in, and its centre (WGS 84, degrees)."""

    region: str
    latitude: float
    longitude: float


@cache
def postcode_areas() -> dict[str, PostcodeArea]:
    """Return the postcode areas of the United Kingdom, by their initial letters, such as "LS"."""
    return {
        row["area"]: PostcodeArea(row["region"], float(row["latitude"]), float(row["longitude"]))
        for row in _rows("postcode_areas.csv")
    }


@cache
def digests() -> dict[str, str]:
    """Return the SHA-256 of each reference table, by file name. A decision records these digests with its result."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(FOLDER.glob("*.csv"))}


# A word, with any dot or sign inside it ("A&E", "people's", "nhs.uk"), or a comma, or a separate "&".
WORD: Final = re.compile(r"[^\W_]+(?:(?:[&'’@_]|\.(?=[a-z]))[^\W_]+)*|[,&]")

_SHORT: Final = re.compile(r"[A-Za-z0-9]+(?:&[A-Za-z0-9]+)*")
_FORM: Final = re.compile(r"[A-Za-z0-9]+(?:(?:, | |-|'|' )[A-Za-z0-9]+)*")
_COLUMNS: Final = ["short", "full", "plain", "anycase"]


@cache
def places() -> dict[str, str]:
    """Return the region of each county, city and borough, by place name in lower case."""
    return {row["place"]: row["region"] for row in _rows("places.csv")}


@dataclass(frozen=True)
class AreaName:
    """The name of an area, in lower case, and its regions.

    A name that is also an ordinary word is not `in_texts`: it counts only if it is the complete name of a place.
    """

    name: str
    in_texts: bool
    regions: tuple[str, ...]


@cache
def area_names() -> tuple[AreaName, ...]:
    """Return the names of areas that `places` does not have, such as the regions of NHS England."""
    return tuple(
        AreaName(row["name"], row["in_texts"] == "yes", tuple(row["regions"].split("|")))
        for row in _rows("area_names.csv")
    )


@cache
def _area_code_ranges(length: int) -> tuple[list[str], list[str], list[tuple[str, ...]]]:
    """Return the first codes, the last codes and the regions of the ranges of codes with `length` characters."""
    rows = sorted((row for row in _rows("area_codes.csv") if len(row["first"]) == length), key=itemgetter("first"))
    regions = [tuple(row["regions"].split("|")) for row in rows]
    return [row["first"] for row in rows], [row["last"] for row in rows], regions


def regions_by_code(code: str) -> tuple[str, ...]:
    """Return the regions of the area with this ONS or ODS `code`, or an empty tuple if the code is unknown."""
    first, last, regions = _area_code_ranges(len(code))
    row = bisect_right(first, code) - 1
    return regions[row] if row >= 0 and code <= last[row] else ()


@cache
def nhs_organisations() -> dict[str, tuple[str, str]]:
    """Return the name and kind ("ccg" or "icb") of each NHS commissioner since 2021, by ODS code."""
    return {row["code"]: (row["name"], row["kind"]) for row in _rows("nhs_organisations.csv")}


@cache
def nhs_codes() -> dict[str, str]:
    """Return the ODS code of each commissioner in `nhs_organisations`, by case-folded name."""
    return {name.casefold(): code for code, (name, _) in nhs_organisations().items()}


@cache
def nhs_successors() -> tuple[tuple[str, str, date], ...]:
    """Return the (code, successor, date of succession) rows. If a pair of codes has several dates, the last applies."""
    return tuple(
        (row["code"], row["successor"], date.fromisoformat(row["since"])) for row in _rows("nhs_successors.csv")
    )


@cache
def health_innovation_networks() -> dict[str, str]:
    """Return the current name of each academic health science network, by its old name, case-folded."""
    return {row["ahsn"].casefold(): row["today"] for row in _rows("health_innovation_networks.csv")}


@dataclass(frozen=True)
class Term:
    """A specialist term: its short form ("" if it has none), its full form, and everyday words for it.

    A short form matches only in its exact case, unless `any_case` is set. Set `any_case` only if the short form in
    lower case is not an ordinary word.
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
    """Return the specialist terms used in the NHS, procurement and care, in table order."""
    return read_terms(FOLDER / "terms.csv")


def read_terms(path: Path) -> tuple[Term, ...]:
    """Read a table of terms with the columns short, full, plain (separated by "|") and anycase (yes or no).

    Raises:
        InvalidInput: a row is incomplete, or two rows share a form.

    """
    terms: list[Term] = []
    rows_by_key: dict[tuple[str, ...], int] = {}
    for line, term in _terms_in(path):
        # Writers omit commas, so "voluntary, community" and "voluntary community" are one form.
        keys = {tuple(word for word in key_of(form) if word != ","): form for form in term.forms}
        for key, form in keys.items():
            if key in rows_by_key:
                raise _invalid(path, line, f"“{form}” is also on line {rows_by_key[key]}", "Delete one of the two.")
        if len(keys) < len(term.forms):
            raise _invalid(path, line, "two forms differ only in case, plural, hyphen or comma", "Delete one of them.")
        rows_by_key |= dict.fromkeys(keys, line)
        terms.append(term)
    return tuple(terms)


def key_of(form: str) -> tuple[str, ...]:
    """Return the words of `form` for comparison: in lower case and in the singular, without hyphens."""
    return tuple(word_key(word) for word in WORD.findall(form))


def word_key(word: str) -> str:
    """Return `word` for comparison: in lower case and in the singular."""
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
            raise _invalid(path, 1, f"the columns are not {', '.join(_COLUMNS)}", "Use these names in this order.")
        for row in reader:
            if None in row or None in row.values():
                raise _invalid(path, reader.line_num, "the row does not have four columns", "Quote forms with commas.")
            yield reader.line_num, _term(path, reader.line_num, row)


def _term(path: Path, line: int, row: dict[str, str]) -> Term:
    plain = tuple(form.strip() for form in row["plain"].split("|")) if row["plain"] else ()
    if row["short"] and not _SHORT.fullmatch(row["short"]):
        raise _invalid(path, line, f"“{row['short']}” is not one word", "Use letters and digits only.")
    for form in (row["full"], *plain):
        if not _FORM.fullmatch(form):
            raise _invalid(
                path,
                line,
                f"“{form}” has characters that are not allowed",
                "Use words, commas, hyphens, apostrophes.",
            )
    if row["anycase"] not in ("yes", "no"):
        raise _invalid(path, line, f"anycase is “{row['anycase']}”", "Write yes or no.")
    return Term(row["short"], row["full"], plain, row["anycase"] == "yes")


def _invalid(path: Path, line: int, problem: str, remedy: str) -> InvalidInput:
    return InvalidInput(problem, remedy=remedy, place=Place(file=path.name, line=line))


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
