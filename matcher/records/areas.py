"""Areas: the regions that the name, code or postcode of an area stands for.

An area may be a region, several regions in a list, a county, a town, a region of NHS England, an NHS body, or the whole
country. Codes may be those of the Office for National Statistics (ONS), ITL or NUTS codes, or ODS codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final

from matcher.foundations.reference_tables import (
    PostcodeArea,
    area_names,
    nhs_codes,
    nhs_organisations,
    nhs_successors,
    places,
    postcode_areas,
    regions_by_code,
)
from matcher.records.vocabulary import Region, find_region

Regions = frozenset[Region]

# A postcode in normal form: in capitals, with at most one space. The second half may be missing.
POSTCODE: Final = re.compile(r"^(GIR ?0AA|[A-Z]{1,2}[0-9][A-Z0-9]?(?: ?[0-9][A-Z]{2})?)$")

NOWHERE: Final[Regions] = frozenset()
EVERYWHERE: Final[Regions] = frozenset(Region)
ENGLAND: Final[Regions] = EVERYWHERE - {Region.WALES, Region.SCOTLAND, Region.NORTHERN_IRELAND}
# The letter after UK or TL in a NUTS or ITL code identifies the region (ONS).
_LETTERS: Final = dict(zip("CDEFGHIJKLMN", Region, strict=True))
_ITL: Final = re.compile(r"(?:UK|TL)([C-N])(?:\d[0-9A-Z]{0,2})?")
_CODE: Final = re.compile(r"\b(?:[EWSNK]\d{8}|(?:UK|TL)[C-N](?:\d[0-9A-Z]{0,2})?)\b")
_ODS: Final = re.compile(r"[A-Z0-9]{3,6}")
_FULL_POSTCODE: Final = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")
_SEPARATOR: Final = re.compile(r"[,;|/\n]+")
# Words around the name of an area: "NHS England - London", "Midlands region", "NHS Frimley ICB".
_AROUND: Final = re.compile(
    r"^(?:nhs england|nhse|nhs|the|region of|health innovation network|health innovation)\b"
    r"|\b(?:regional team|commissioning region|region|area|only|wide"
    r"|icb|ics|integrated care (?:board|system)|hospitals?|nhs foundation trust|nhs trust)$"
)


@lru_cache(maxsize=4096)
def regions_of_area(text: str) -> Regions:
    """Return the regions of the area or areas that `text` names, or an empty set if they are unknown."""
    if regions := _of_whole(text):
        return regions
    parts = [part for part in map(str.strip, _SEPARATOR.split(text)) if part]
    if len(parts) > 1 and all(by_part := [_of_whole(part) for part in parts]):
        return NOWHERE.union(*by_part)
    if codes := _CODE.findall(text.upper()):
        return NOWHERE.union(*map(_of_code, codes))
    return named_in(text) or NOWHERE.union(*map(_of_postcode, _FULL_POSTCODE.findall(text.upper())))


def named_in(text: str) -> Regions:
    """Return the regions of all the places that a running `text` names."""
    names, regions = _names_in_texts()
    return NOWHERE.union(*(regions[name] for name in names.findall(_key(text))))


def names_of(regions: Iterable[Region]) -> str:
    """Return the names of `regions` as text that `regions_of_area` reads, "National" for the whole country."""
    present = frozenset(regions)
    return "National" if is_national(present) else ", ".join(region.value for region in Region if region in present)


def names_a_town(text: str) -> bool:
    """Return whether `text` names a county, city or borough, which says more than its region does."""
    names, _ = _names_in_texts()
    return any(name in places() for name in names.findall(_key(text)))


def regions_of_body(name: str, code: str | None = None) -> Regions:
    """Return the regions of the NHS body or council with this `name` and, if known, this ODS `code`."""
    return (_of_code(code.upper()) if code else NOWHERE) or _of_whole(name) or named_in(name)


def is_national(regions: Iterable[Region]) -> bool:
    """Return whether `regions` cover all of England, so that the place makes no difference."""
    return frozenset(regions) >= ENGLAND


def area_of_postcode(postcode: str) -> PostcodeArea | None:
    """Return the area of `postcode`, which must be in normal form, or None if the area is unknown."""
    letters = re.match(r"[A-Z]+", postcode)
    return postcode_areas().get(letters.group()) if letters else None


def region_of_postcode(postcode: str) -> Region | None:
    """Return the region that most addresses in the area of `postcode` are in, or None if the area is unknown."""
    area = area_of_postcode(postcode)
    return Region(area.region) if area else None


def _of_whole(text: str) -> Regions:
    """Return the regions of the one area that `text` is the name, code or postcode of."""
    key = _key(text)
    while key:
        if key in _whole_names():
            return _whole_names()[key]
        if region := find_region(key):
            return frozenset({region})
        shorter = _AROUND.sub("", key).strip()
        if shorter == key:
            break
        key = shorter
    code = text.strip()
    if (by_code := _of_code(code)) or (by_code := _of_code(nhs_codes().get(text.strip().casefold(), ""))):
        return by_code
    return _of_postcode(code.upper())


def _of_code(code: str) -> Regions:
    if itl := _ITL.fullmatch(code):
        return frozenset({_LETTERS[itl[1]]})
    if not _ODS.fullmatch(code) and not _CODE.fullmatch(code):
        return NOWHERE
    if regions := regions_by_code(code):
        return frozenset(map(Region, regions))
    if code not in nhs_organisations():
        return NOWHERE
    return NOWHERE.union(*(_of_code(to) for old, to, _ in nhs_successors() if old == code and to != code))


def _of_postcode(text: str) -> Regions:
    region = region_of_postcode(text) if POSTCODE.match(text) else None
    return frozenset({region}) if region else NOWHERE


def _key(text: str) -> str:
    return " ".join(re.sub(r"[^a-z]+", " ", text.lower().replace("&", " and ")).split())


@cache
def _whole_names() -> dict[str, Regions]:
    return {name: frozenset({Region(region)}) for name, region in places().items()} | {
        area.name: frozenset(map(Region, area.regions)) for area in area_names()
    }


@cache
def _names_in_texts() -> tuple[re.Pattern[str], dict[str, Regions]]:
    """Return a pattern for the names that count in a running text, longest first, and the regions of each."""
    left_out = {area.name for area in area_names() if not area.in_texts}
    regions = {name: regions for name, regions in _whole_names().items() if name not in left_out}
    longest_first = sorted(regions, key=lambda name: (-len(name), name))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b"), regions
