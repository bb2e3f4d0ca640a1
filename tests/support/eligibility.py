"""Who passes a filter, worked out anew from one profile: the reference for eligibility."""

from __future__ import annotations

import re
from datetime import date

from matcher.records import Filters, Profile, Region, Sector, Size
from matcher.records.postcodes import region_of_postcode
from matcher.records.vocabulary import find_region

K1, B = 1.2, 0.75
# How many digits of a CPV code name its division, group, class, category, and the whole of it.


def at_home(profile: Profile) -> set[Region]:
    """Return the regions a profile says it covers, failing that the one of its postcode."""
    if profile.coverage.national:
        return set(Region)
    home = region_of_postcode(profile.postcode) if profile.postcode else None
    return set(profile.coverage.regions) or ({home} if home else set())


def served(profile: Profile) -> set[Region]:
    """Return the regions a profile covers: stated, else of its postcode, else of its track record."""
    if home := at_home(profile):
        return home
    places = [find_region(piece.region) for piece in profile.track_record if piece.region]
    return {place for place in places if place}


def holds(profile: Profile, scheme: str, on: date) -> bool:
    """Return whether `profile` holds `scheme` on the day `on`, however the name is written."""

    def plain(name: str) -> str:
        return re.sub(r"[\W_]", "", name.casefold())

    for accreditation in profile.accreditations:
        if accreditation.expires is None or accreditation.expires >= on:
            held = plain(accreditation.scheme)
            if held == plain(scheme) or (held, plain(scheme)) == ("cyberessentialsplus", "cyberessentials"):
                return True
    return False


def size(profile: Profile) -> Size | None:
    """Return the size by staff and turnover where either is known, else by sector."""
    if profile.employees is None and profile.turnover is None:
        return {Sector.SME: Size.SME, Sector.LARGE: Size.LARGE}.get(profile.sector)
    return Size.SME if (profile.employees or 0) < 250 and (profile.turnover or 0) <= 44_000_000 else Size.LARGE


def identified(profile: Profile, wanted: str) -> bool:
    """Return whether `profile` has the identifier: a kind, or a kind with its number."""
    kind, _, number = wanted.partition(":")
    own = getattr(profile.identifiers, kind)
    return own is not None and (not number or own == number.upper())


def failing(profile: Profile, sequence: int, filters: Filters, on: date) -> set[str]:
    """Return the names of the filters that `profile`, revised last at `sequence`, does not pass."""
    turnover = profile.turnover
    passes = {
        "sectors": not filters.sectors or profile.sector in filters.sectors,
        "regions": not filters.regions or bool(served(profile) & set(filters.regions)),
        "accreditations": all(holds(profile, scheme, on) for scheme in filters.accreditations),
        "size": filters.size is None or size(profile) == filters.size,
        "min_turnover": filters.min_turnover is None or (turnover is not None and turnover >= filters.min_turnover),
        "max_turnover": filters.max_turnover is None or (turnover is not None and turnover <= filters.max_turnover),
        "identifiers": all(identified(profile, wanted) for wanted in filters.identifiers),
        "changed_since": filters.changed_since is None or sequence > filters.changed_since,
    }
    return {name for name, passed in passes.items() if not passed}
