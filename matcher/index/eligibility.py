"""Eligibility: filters to one bitmap over profiles, decided before anything is searched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.foundations.arrays import Mask
from matcher.index.columns import ProfileColumns
from matcher.records import Filters, Profile, Region, Sector, Size
from matcher.records.policy import IMPLIED_SCHEMES
from matcher.records.postcodes import region_of_postcode
from matcher.records.vocabulary import find_region

SECTORS: Final = tuple(Sector)
SIZES: Final = (None, Size.SME, Size.LARGE)
_REGION_BIT: Final = {region: 1 << i for i, region in enumerate(Region)}
EVERYWHERE: Final = (1 << len(Region)) - 1
_EPOCH = date(1970, 1, 1)
# An accreditation without an end is held beyond any day asked about.
FOREVER: Final = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Eligible:
    """Who passed: a mask over profiles, how many were considered, and a mask of those that each filter excludes."""

    mask: Mask
    considered: int
    failing: dict[str, Mask]

    @property
    def count(self) -> int:
        """How many profiles are eligible."""
        return int(self.mask.sum())

    @property
    def excluded(self) -> dict[str, int]:
        """How many profiles each filter excludes."""
        return {name: int(fails.sum()) for name, fails in self.failing.items()}


def day_number(day: date) -> int:
    """Return days since 1970-01-01."""
    return (day - _EPOCH).days


def scheme_key(scheme: str) -> str:
    """Return the form in which names of schemes are compared: "Cyber-Essentials PLUS" is "cyberessentialsplus"."""
    return re.sub(r"[\W_]", "", scheme.casefold())


def held_schemes(profile: Profile) -> list[tuple[str, int]]:
    """Return (scheme key, last day held) of every accreditation and of the schemes it includes."""
    held = []
    for accreditation in profile.accreditations:
        key = scheme_key(accreditation.scheme)
        last = day_number(accreditation.expires) if accreditation.expires else FOREVER
        held += [(name, last) for name in (key, *IMPLIED_SCHEMES.get(key, ()))]
    return held


def region_bits(profile: Profile) -> int:
    """Return the regions served, one bit each: those of `home_bits`, failing that those of the track record."""
    regions = (find_region(piece.region) for piece in profile.track_record if piece.region)
    return home_bits(profile) or bits_of(region for region in regions if region)


def home_bits(profile: Profile) -> int:
    """Return the regions that the profile states, one bit each; where it states none, that of its postcode."""
    coverage = profile.coverage
    if coverage.national:
        return EVERYWHERE
    home = region_of_postcode(profile.postcode) if profile.postcode else None
    return bits_of(coverage.regions or ([home] if home else []))


def passing(profiles: ProfileColumns, filters: Filters, on: date) -> dict[str, Mask]:
    """Return, for each filter that is set, which profiles pass it on the day `on`.

    Each mask has shape (len(profiles),). A profile of which the answer is not known does not pass.
    """
    masks: dict[str, Mask] = {}
    if filters.sectors:
        masks["sectors"] = np.isin(profiles.sector, [SECTORS.index(sector) for sector in filters.sectors])
    if filters.regions:
        masks["regions"] = (profiles.regions & bits_of(filters.regions)) != 0
    if filters.accreditations:
        masks["accreditations"] = _all(_holds(profiles, scheme, on) for scheme in filters.accreditations)
    if filters.size is not None:
        masks["size"] = profiles.size == SIZES.index(filters.size)
    if filters.min_turnover is not None:
        masks["min_turnover"] = profiles.turnover >= filters.min_turnover
    if filters.max_turnover is not None:
        masks["max_turnover"] = profiles.turnover <= filters.max_turnover
    if filters.identifiers:
        masks["identifiers"] = _all(_identified(profiles, wanted) for wanted in filters.identifiers)
    if filters.changed_since is not None:
        masks["changed_since"] = profiles.sequence > filters.changed_since
    return masks


def bits_of(regions: Iterable[Region]) -> int:
    """Return regions as a number, one bit each."""
    bits = 0
    for region in regions:
        bits |= _REGION_BIT[region]
    return bits


def _all(masks: Iterable[Mask]) -> Mask:
    met: Mask = np.logical_and.reduce(list(masks))
    return met


def _rows(profiles: ProfileColumns, rows: NDArray[np.int64]) -> Mask:
    mask = np.zeros(len(profiles), dtype=bool)
    mask[rows] = True
    return mask


def _holds(profiles: ProfileColumns, scheme: str, on: date) -> Mask:
    held = (profiles.schemes.values == scheme_key(scheme)) & (profiles.expires.values >= day_number(on))
    return _rows(profiles, profiles.schemes.rows()[held])


def _identified(profiles: ProfileColumns, wanted: str) -> Mask:
    values = profiles.identifiers.values
    kind, _, number = wanted.partition(":")
    found = values == f"{kind}:{number.upper()}" if number else np.strings.startswith(values, f"{kind}:")
    return _rows(profiles, profiles.identifiers.rows()[found])
