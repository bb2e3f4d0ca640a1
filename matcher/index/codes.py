"""Codes: how the index stores sectors, sizes, regions, days and accreditations as numbers and keys."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

import numpy as np

from matcher.records import Profile, Region, Sector, Size
from matcher.records.policy import IMPLIED_SCHEMES

# The index stores a sector or a size as its position in one of these tuples.
SECTORS: Final = tuple(Sector)
SIZES: Final = (None, Size.SME, Size.LARGE)
# The last day of an accreditation that does not expire, chosen to be later than any other day.
FOREVER: Final = np.iinfo(np.int32).max
_REGION_BIT: Final = {region: 1 << i for i, region in enumerate(Region)}
_EPOCH: Final = date(1970, 1, 1)


def bits_of(regions: Iterable[Region]) -> int:
    """Return `regions` as a number with one bit for each region."""
    bits = 0
    for region in regions:
        bits |= _REGION_BIT[region]
    return bits


def regions_in(bits: int) -> frozenset[Region]:
    """Return the regions whose bits are set in `bits`."""
    return frozenset(region for region, bit in _REGION_BIT.items() if bits & bit)


def day_number(day: date) -> int:
    """Return the number of days from 1970-01-01 to `day`."""
    return (day - _EPOCH).days


def scheme_key(scheme: str) -> str:
    """Return `scheme` in the form used for comparisons: "Cyber-Essentials PLUS" becomes "cyberessentialsplus"."""
    return re.sub(r"[\W_]", "", scheme.casefold())


def held_schemes(profile: Profile) -> list[tuple[str, int]]:
    """Return a pair (scheme key, last valid day) for each accreditation and for each scheme that it implies."""
    held = []
    for accreditation in profile.accreditations:
        key = scheme_key(accreditation.scheme)
        last = day_number(accreditation.expires) if accreditation.expires else FOREVER
        held += [(name, last) for name in (key, *IMPLIED_SCHEMES.get(key, ()))]
    return held
