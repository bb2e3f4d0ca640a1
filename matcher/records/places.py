"""Places: find the regions of records and texts from the place names and postcodes in them.

`regions_of_profile` says where a supplier works; `regions_of_record` says where a need or a piece of work is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum
from functools import cache
from typing import Final

from matcher.foundations.reference_tables import places
from matcher.records.fields import POSTCODE
from matcher.records.need import Buyer, Need
from matcher.records.postcodes import region_of_postcode
from matcher.records.profile import Profile, TrackRecord
from matcher.records.vocabulary import Region, find_region

# A text that names more regions than this is treated as being about the whole country, not about a place.
MAX_REGIONS: Final = 3
# The number of characters that are searched for places at the start of a description.
_PLACE_CHARACTERS: Final = 600


class PlaceRule(IntEnum):
    """The past and present rules for finding where a supplier works.

    A decision records the rule that it used, and a replay applies the same rule.
    """

    REGION_FIELDS = 1
    WHOLE_RECORDS = 2


CURRENT_PLACE_RULE: Final = PlaceRule.WHOLE_RECORDS


def regions_of_profile(profile: Profile, work_regions: Iterable[frozenset[Region]] | None = None) -> frozenset[Region]:
    """Return the regions that the supplier works in, or an empty set if they are unknown.

    These are the regions that the profile states, else the region of its postcode, else the regions of all its past
    work.

    Args:
        profile: the profile.
        work_regions: the result of `regions_of_record` for each piece of past work, if the caller already has it.

    """
    if stated := stated_regions(profile):
        return stated
    if work_regions is None:
        work_regions = map(regions_of_record, profile.track_record)
    return frozenset().union(*work_regions)


def stated_regions(profile: Profile) -> frozenset[Region]:
    """Return the regions that `profile` states, else the region of its postcode, else an empty set."""
    coverage = profile.coverage
    if coverage.national:
        return frozenset(Region)
    if coverage.regions:
        return frozenset(coverage.regions)
    home = region_of_postcode(profile.postcode) if profile.postcode else None
    return frozenset({home}) if home else frozenset()


def regions_by_first_rule(profile: Profile) -> frozenset[Region]:
    """Return the regions of `profile` under `PlaceRule.REGION_FIELDS`, for decisions that used that rule.

    Unlike `regions_of_profile`, this reads only the region field of past work, and skips a field that names no region.
    """
    fields = (find_region(work.region) for work in profile.track_record if work.region)
    return stated_regions(profile) or frozenset(region for region in fields if region)


def regions_of_record(record: Need | TrackRecord) -> frozenset[Region]:
    """Return the regions of a need or a piece of work, or an empty set if they are unknown.

    The regions come from the first of these sources that names a region: the region field, the postcode
    (needs only), the title, the start of the description, the buyer's name.
    """
    buyer = record.buyer.name if isinstance(record.buyer, Buyer) else record.buyer
    stated = regions_of_place(record.region) if record.region else frozenset()
    if not stated and isinstance(record, Need) and record.postcode and (home := region_of_postcode(record.postcode)):
        stated = frozenset({home})
    texts = (record.title, record.description[:_PLACE_CHARACTERS], buyer or "")
    return next((regions for regions in (stated, *map(regions_of_text, texts)) if regions), frozenset())


def regions_of_place(place: str) -> frozenset[Region]:
    """Return the regions of `place` (a region, a postcode or a town), or an empty set if they are unknown."""
    if region := find_region(place):
        return frozenset({region})
    if POSTCODE.match(place.strip().upper()) and (region := region_of_postcode(place.strip().upper())):
        return frozenset({region})
    return regions_of_text(place)


def regions_of_text(text: str) -> frozenset[Region]:
    """Return the regions of the places named in `text`, or an empty set if there are more than `MAX_REGIONS`."""
    words = re.sub(r"[^a-z]+", " ", text.lower())
    regions = frozenset(Region(places()[name]) for name in _place_names().findall(words))
    return regions if len(regions) <= MAX_REGIONS else frozenset()


@cache
def _place_names() -> re.Pattern[str]:
    longest_first = sorted(places(), key=lambda name: (-len(name), name))
    return re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})\b")
