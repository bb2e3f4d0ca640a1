"""Area: where a programme works, given as a region, a place, or the name or code (current or former) of an NHS body."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from matcher.foundations.errors import InvalidInput, NotFound
from matcher.records import Need, Record, Region
from matcher.records.areas import is_national, regions_of_area, regions_of_body
from matcher.records.places import regions_of_record
from matcher.records.vocabulary import find_region

_OLD_KIND: Final = re.compile(r"\bclinical commissioning group\b", re.I)
_NETWORK: Final = re.compile(r"health innovation (?:network )?(.+)", re.I)
_NEW_KIND: Final = re.compile(r"\bicb\b", re.I)


class NhsBody(Protocol):
    """A current NHS organisation."""

    @property
    def code(self) -> str:
        """The ODS code, or "" if the organisation has none."""

    @property
    def name(self) -> str:
        """The official name."""

    @property
    def role(self) -> str:
        """The kind of organisation: "icb", "ccg" or "health innovation network"."""


# Takes the name or code of an NHS body, current or former, and returns the present-day organisations. Raises NotFound
# if there is no such body.
BodyLookup = Callable[[str], Sequence[NhsBody]]


class Area(Record):
    """A named area, with regions (none for the whole country) and the ODS codes of NHS bodies.

    `asked` is the code or name that the user gave, if it is neither the current name nor a current code.
    """

    name: str
    regions: tuple[Region, ...] = ()
    codes: tuple[str, ...] = ()
    asked: str | None = None


EVERYWHERE: Final = Area(name="All regions")


def empty_lookup(code_or_name: str) -> Sequence[NhsBody]:
    """Raise NotFound for every name. This is the lookup to use if there is no table of NHS codes."""
    raise NotFound(f"there is no NHS organisation {code_or_name!r}", remedy="Use its full name, or a region")


@dataclass
class AreaSelection:
    """Selects the needs of an area. `elsewhere` counts the needs left out, because they name another place.

    A need is in the area of an ICB if its buyer is that board, or is no board and in one of the same regions. A need
    that names no place, or the whole country, is in every area.
    """

    area: Area
    lookup: BodyLookup = empty_lookup
    elsewhere: int = 0
    _boards: dict[str, frozenset[str]] = field(default_factory=dict)

    def select_from(self, needs: Iterable[Need]) -> Iterator[Need]:
        """Yield the needs of the area."""
        for need in needs:
            if self._includes(need):
                yield need
            else:
                self.elsewhere += 1

    def _includes(self, need: Need) -> bool:
        if not self.area.regions:
            return True
        if self.area.codes and (boards := self._boards_of(need)):
            return bool(boards & set(self.area.codes))
        regions = regions_of_record(need)
        return not regions or bool(regions & set(self.area.regions))

    def _boards_of(self, need: Need) -> frozenset[str]:
        """Return the codes of the boards that the buyer of `need` is, or was replaced by."""
        name = (need.buyer.ods_code or need.buyer.name) if need.buyer else ""
        if name and name not in self._boards:
            bodies = bodies_of(name, self.lookup)
            self._boards[name] = frozenset(body.code for body in bodies if body.role.lower() == "icb")
        return self._boards.get(name, frozenset())


def area_of(text: str, lookup: BodyLookup = empty_lookup) -> Area:
    """Return the area that `text` names: a region, also of NHS England, a place, an ONS or ITL code, or the code or
    name of an NHS body. For a former code or name of an NHS body, this is the area of the body's successor.

    Raises:
        InvalidInput: `text` is not a region, and is in neither `lookup` nor the table of places.

    """
    query = " ".join(text.split())
    regions = regions_of_area(query)
    if not query or is_national(regions):
        return EVERYWHERE
    if region := find_region(query):
        return Area(name=region.value, regions=(region,))
    if bodies := bodies_of(query, lookup):
        name = ", ".join(body.name for body in bodies)
        codes = tuple(body.code for body in bodies if body.code)
        is_current = query.casefold() == name.casefold() or query.upper() in codes
        stated = frozenset().union(*(regions_of_body(body.name, body.code) for body in bodies)) | regions
        return Area(name=name, regions=_ordered(stated), codes=codes, asked=None if is_current else query)
    if regions:
        return Area(name=query, regions=_ordered(regions))
    raise InvalidInput(
        f"{query[:60]!r} is not a known region, place or NHS organisation",
        remedy=f"Use one of {', '.join(Region)}, or the code or full name of an ICB or health innovation network",
    )


def bodies_of(name: str, lookup: BodyLookup) -> tuple[NhsBody, ...]:
    """Return the current NHS bodies for the code or name `name`, in any usual spelling, or () if it is unknown."""
    for spelling in _spellings(name):
        try:
            return tuple(lookup(spelling))
        except NotFound:
            continue
    return ()


def _spellings(name: str) -> Iterator[str]:
    plain = name.replace("&", "and")
    short, long = _OLD_KIND.sub("CCG", plain), _NEW_KIND.sub("Integrated Care Board", plain)
    boards = [f"NHS {other}" for other in (short, long) if not other.upper().startswith("NHS ")]
    networks = [f"{network[1]} AHSN"] if (network := _NETWORK.fullmatch(plain)) else []
    yield from dict.fromkeys([name, plain, short, long, *boards, *networks])


def _ordered(regions: Iterable[Region]) -> tuple[Region, ...]:
    return tuple(sorted(regions, key=tuple(Region).index))
