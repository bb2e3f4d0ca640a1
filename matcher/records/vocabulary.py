"""Fixed vocabularies used in records: sectors, sizes, stages and regions, and other names for the regions."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class Sector(StrEnum):
    """The kind of organisation a supplier is.

    Use `VCSE` if a source does not say which kind of VCSE it is. `SME` and `LARGE` are sizes that older records state
    as a sector. They are still read.
    """

    CHARITY = "charity"
    SOCIAL_ENTERPRISE = "social_enterprise"
    CIC = "cic"
    MUTUAL = "mutual"
    COMPANY = "company"
    PUBLIC = "public"
    VCSE = "vcse"
    UNKNOWN = "unknown"
    SME = "sme"
    LARGE = "large"


class Size(StrEnum):
    """The size of a supplier under the statutory test for small and medium enterprises."""

    SME = "sme"
    LARGE = "large"


# The size that a record states if its sector is one of the older values.
SIZE_OF_OLD_SECTOR: Final = {Sector.SME: Size.SME, Sector.LARGE: Size.LARGE}
# The sectors to choose from, without the older values.
CURRENT_SECTORS: Final = tuple(sector for sector in Sector if sector not in SIZE_OF_OLD_SECTOR)
# The kinds of voluntary, community and social enterprise. `Sector.VCSE` stands for any of them.
VCSE_SECTORS: Final = frozenset({Sector.CHARITY, Sector.SOCIAL_ENTERPRISE, Sector.CIC, Sector.MUTUAL, Sector.VCSE})


_SECTOR_NAMES: Final[dict[str, str]] = {
    Sector.CIC: "Community interest company",
    Sector.SME: "Small or medium firm",
    Sector.LARGE: "Large firm",
    Sector.PUBLIC: "Public body",
    Sector.VCSE: "Voluntary or community",
    Sector.UNKNOWN: "Not known",
}


def sector_name(sector: str) -> str:
    """Return the name of `sector` for display."""
    return _SECTOR_NAMES.get(sector, sector.replace("_", " ").capitalize())


class Stage(StrEnum):
    """The stage that a need has reached, from idea to award."""

    IDEA = "idea"
    PLANNING = "planning"
    MARKET_ENGAGEMENT = "market_engagement"
    TENDER = "tender"
    AWARD = "award"


class Region(StrEnum):
    """The nine regions of England and the other three countries of the United Kingdom (ITL 1)."""

    NORTH_EAST = "North East"
    NORTH_WEST = "North West"
    YORKSHIRE_AND_THE_HUMBER = "Yorkshire and The Humber"
    EAST_MIDLANDS = "East Midlands"
    WEST_MIDLANDS = "West Midlands"
    EAST_OF_ENGLAND = "East of England"
    LONDON = "London"
    SOUTH_EAST = "South East"
    SOUTH_WEST = "South West"
    WALES = "Wales"
    SCOTLAND = "Scotland"
    NORTHERN_IRELAND = "Northern Ireland"


_REGION_ALIASES = {
    "eastern": Region.EAST_OF_ENGLAND,
    "east anglia": Region.EAST_OF_ENGLAND,
    "east": Region.EAST_OF_ENGLAND,
    "yorkshire": Region.YORKSHIRE_AND_THE_HUMBER,
    "yorkshire humber": Region.YORKSHIRE_AND_THE_HUMBER,
    "humber": Region.YORKSHIRE_AND_THE_HUMBER,
    "greater london": Region.LONDON,
    "midlands west": Region.WEST_MIDLANDS,
    "midlands east": Region.EAST_MIDLANDS,
}


def _key(text: str) -> str:
    words = re.sub(r"[^a-z]+", " ", text.lower()).split()
    return " ".join(w for w in words if w not in {"and", "the", "england", "region", "of"})


_REGIONS = {_key(region.value): region for region in Region} | {
    _key(alias): region for alias, region in _REGION_ALIASES.items()
}


def find_region(text: str) -> Region | None:
    """Return the region that `text` names, or None. Ignore case, and words such as "the" and "region"."""
    return _REGIONS.get(_key(text))
