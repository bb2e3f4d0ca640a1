"""The reference for eligibility: whether one profile passes a filter, worked out from the profile alone."""

from __future__ import annotations

import re
from datetime import date

from matcher.records import Filters, Profile, Region, Sector, Size, supplier_kind
from matcher.records.areas import region_of_postcode
from matcher.records.places import regions_of_record


def stated(profile: Profile) -> set[Region]:
    """Return the regions that a profile states or, if it states none, the region of its postcode."""
    if profile.coverage.national:
        return set(Region)
    home = region_of_postcode(profile.postcode) if profile.postcode else None
    return set(profile.coverage.regions) or ({home} if home else set())


def served(profile: Profile) -> set[Region]:
    """Return the regions where a profile works: the coverage or, if it is empty, the postcode and the track record."""
    if profile.coverage.national or profile.coverage.regions:
        return stated(profile)
    return stated(profile) | {region for work in profile.track_record for region in regions_of_record(work)}


def holds(profile: Profile, scheme: str, on: date) -> bool:
    """Return whether `profile` holds `scheme` on the date `on`, however the scheme's name is written."""

    def plain(name: str) -> str:
        return re.sub(r"[\W_]", "", name.casefold())

    for accreditation in profile.accreditations:
        if accreditation.expires is None or accreditation.expires >= on:
            held = plain(accreditation.scheme)
            if held == plain(scheme) or (held, plain(scheme)) == ("cyberessentialsplus", "cyberessentials"):
                return True
    return False


def size(profile: Profile) -> Size | None:
    """Return the size, judged by staff and turnover if either is known, and otherwise by what is stated."""
    if profile.employees is None and profile.turnover is None:
        return profile.size or {Sector.SME: Size.SME, Sector.LARGE: Size.LARGE}.get(profile.sector)
    return Size.SME if (profile.employees or 0) < 250 and (profile.turnover or 0) <= 44_000_000 else Size.LARGE


def of_kind(profile: Profile, sector: Sector) -> bool:
    """Return whether a filter for `sector` finds `profile`."""
    kind = supplier_kind(profile)
    if sector in (Sector.SME, Sector.LARGE):
        return kind in (Sector.COMPANY, Sector.UNKNOWN) and size(profile) == sector.value
    umbrella = {Sector.CHARITY, Sector.SOCIAL_ENTERPRISE, Sector.CIC, Sector.MUTUAL, Sector.VCSE}
    return kind in umbrella if sector is Sector.VCSE else kind is sector


def identified(profile: Profile, identifier: str) -> bool:
    """Return whether `profile` has `identifier`, which gives a kind, with or without a number."""
    kind, _, number = identifier.partition(":")
    own = getattr(profile.identifiers, kind)
    return own is not None and (not number or own == number.upper())


def failing(profile: Profile, sequence: int, filters: Filters, on: date) -> set[str]:
    """Return the names of the filters that `profile`, last revised at `sequence`, does not pass."""
    turnover = profile.turnover
    passes = {
        "sectors": not filters.sectors or any(of_kind(profile, sector) for sector in filters.sectors),
        "regions": not filters.regions or not served(profile) or bool(served(profile) & set(filters.regions)),
        "place_not_known": not filters.regions or filters.include_unknown or bool(served(profile)),
        "accreditations": all(holds(profile, scheme, on) for scheme in filters.accreditations),
        "size": filters.size is None or size(profile) == filters.size,
        "min_turnover": filters.min_turnover is None or (turnover is not None and turnover >= filters.min_turnover),
        "max_turnover": filters.max_turnover is None or (turnover is not None and turnover <= filters.max_turnover),
        "identifiers": all(identified(profile, identifier) for identifier in filters.identifiers),
        "changed_since": filters.changed_since is None or sequence > filters.changed_since,
    }
    return {name for name, passed in passes.items() if not passed}
