"""Area: where a programme works, a region of the country or the area of an NHS body, by today's or an old name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

from matcher.foundations.errors import InvalidInput, NotFound
from matcher.records import Record, Region
from matcher.records.places import regions_of_text
from matcher.records.vocabulary import find_region

_ALL_NAMES: Final = frozenset({"", "england", "uk", "united kingdom", "national", "everywhere"})
_OLD_KIND: Final = re.compile(r"\bclinical commissioning group\b", re.I)
_NETWORK: Final = re.compile(r"health innovation (?:network )?(.+)", re.I)
_NEW_KIND: Final = re.compile(r"\bicb\b", re.I)


class NhsBody(Protocol):
    """An NHS organisation of today: its ODS code ("" where it has none), its name and what it is."""

    @property
    def code(self) -> str:
        """The ODS code."""

    @property
    def name(self) -> str:
        """The official name."""

    @property
    def role(self) -> str:
        """What kind of organisation: "icb", "ccg", "health innovation network"."""


# Who a code or name of an NHS body, perhaps of the past, stands for today. Raises NotFound.
BodyLookup = Callable[[str], Sequence[NhsBody]]


class Area(Record):
    """A named area: the regions it lies in (none for the whole country), and the codes of the bodies it is of.

    `asked` is what it was called in asking where that is an older code or name.
    """

    name: str
    regions: tuple[Region, ...] = ()
    codes: tuple[str, ...] = ()
    asked: str | None = None


EVERYWHERE: Final = Area(name="All regions")


def empty_lookup(code_or_name: str) -> Sequence[NhsBody]:
    """Know no organisation: what stands in where there is no table of NHS codes."""
    raise NotFound(f"there is no NHS organisation {code_or_name!r}", remedy="Give its full name or a region")


def area_of(text: str, lookup: BodyLookup = empty_lookup) -> Area:
    """Return the area that `text` names: a region, or the code or name of an ICB, CCG, AHSN or health
    innovation network; an old one stands for what succeeded it.

    Raises:
        InvalidInput: neither `lookup` nor the table of places knows it.

    """
    asked = " ".join(text.split())
    if asked.casefold() in _ALL_NAMES:
        return EVERYWHERE
    if region := find_region(asked):
        return Area(name=region.value, regions=(region,))
    if found := bodies_of(asked, lookup):
        name = ", ".join(body.name for body in found)
        codes = tuple(body.code for body in found if body.code)
        same = asked.casefold() == name.casefold() or asked.upper() in codes
        return Area(name=name, regions=_regions(f"{name} {asked}"), codes=codes, asked=None if same else asked)
    if regions := _regions(asked):
        return Area(name=asked, regions=regions)
    raise InvalidInput(
        f"{asked[:60]!r} is no region, place or NHS organisation that is known",
        remedy=f"Give one of {', '.join(Region)}, or the code or full name of an ICB or health innovation network",
    )


def bodies_of(asked: str, lookup: BodyLookup) -> tuple[NhsBody, ...]:
    """Return who `asked` stands for today, under any of its usual spellings; empty where nobody knows."""
    for spelling in _spellings(asked):
        try:
            return tuple(lookup(spelling))
        except NotFound:
            continue
    return ()


def _spellings(name: str) -> Iterator[str]:
    plain = name.replace("&", "and")
    short, long = _OLD_KIND.sub("CCG", plain), _NEW_KIND.sub("Integrated Care Board", plain)
    boards = [f"NHS {other}" for other in (short, long) if not other.upper().startswith("NHS ")]
    networks = [f"{found[1]} AHSN"] if (found := _NETWORK.fullmatch(plain)) else []
    yield from dict.fromkeys([name, plain, short, long, *boards, *networks])


def _regions(text: str) -> tuple[Region, ...]:
    if (network := _NETWORK.fullmatch(text)) and (region := find_region(network[1])):
        return (region,)  # "Health Innovation East"
    lowered = text.lower()
    stated = {region for region in Region if region.value.lower() in lowered}
    return tuple(region for region in Region if region in (stated or regions_of_text(text)))
