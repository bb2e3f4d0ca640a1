"""Places: where a supplier works, and where a need or a piece of work is. Filter, signals and report share these rules.

`regions_of_profile` says where a supplier works; `regions_of_record` says where a need or a piece of work is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from matcher.records.areas import (
    EVERYWHERE,
    NOWHERE,
    Regions,
    is_national,
    named_in,
    region_of_postcode,
    regions_of_area,
    regions_of_body,
)
from matcher.records.need import Buyer, Need
from matcher.records.profile import Profile, TrackRecord

# A text that names more regions than this is treated as being about the whole country, not about a place.
MAX_REGIONS: Final = 3
# The number of characters that are searched for places at the start of a description.
_PLACE_CHARACTERS: Final = 600


def regions_of_profile(profile: Profile, work_regions: Iterable[Regions] | None = None) -> Regions:
    """Return the regions that the supplier works in, or an empty set if they are unknown.

    These are the regions that the profile states or, if it states none, the region of its postcode together with the
    regions of all its past work.

    Args:
        profile: the profile.
        work_regions: the result of `regions_of_record` for each piece of past work, if the caller already has it.

    """
    if _is_stated(profile):
        return stated_regions(profile)
    if work_regions is None:
        work_regions = map(regions_of_record, profile.track_record)
    return stated_regions(profile).union(*work_regions)


def stated_regions(profile: Profile) -> Regions:
    """Return the regions that `profile` states, else the region of its postcode, else an empty set."""
    if profile.coverage.national:
        return EVERYWHERE
    if profile.coverage.regions:
        return frozenset(profile.coverage.regions)
    home = region_of_postcode(profile.postcode) if profile.postcode else None
    return frozenset({home}) if home else NOWHERE


def regions_of_record(record: Need | TrackRecord) -> Regions:
    """Return the regions of a need or a piece of work, or an empty set if they are unknown.

    The regions come from the first of these sources that gives any: the region field, the postcode (needs only), the
    title, the start of the description, the buyer. A region field such as "Any region" gives all regions.
    """
    if record.region and (stated := regions_of_area(record.region)):
        return stated
    if isinstance(record, Need) and record.postcode and (home := region_of_postcode(record.postcode)):
        return frozenset({home})
    texts = (record.title, record.description[:_PLACE_CHARACTERS])
    return next((regions for regions in map(regions_of_text, texts) if regions), NOWHERE) or _of_buyer(record)


def regions_needed(need: Need) -> Regions:
    """Return the regions of `need`, or an empty set if any place fits: they are unknown, or the whole country."""
    regions = regions_of_record(need)
    return NOWHERE if is_national(regions) else regions


def regions_of_text(text: str) -> Regions:
    """Return the regions of the places named in `text`, or an empty set if there are more than `MAX_REGIONS`."""
    regions = named_in(text)
    return regions if len(regions) <= MAX_REGIONS else NOWHERE


def _is_stated(profile: Profile) -> bool:
    return profile.coverage.national or bool(profile.coverage.regions)


def _of_buyer(record: Need | TrackRecord) -> Regions:
    buyer = record.buyer
    if isinstance(buyer, Buyer):
        return regions_of_body(buyer.name, buyer.ods_code)
    regions = regions_of_body(buyer) if buyer else NOWHERE
    return regions if len(regions) <= MAX_REGIONS else NOWHERE
