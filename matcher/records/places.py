"""Places: where a supplier works, and where a need or a piece of work is. Filter, signals and report share these rules.

`regions_of_profile` says where a supplier works; `regions_of_record` says where a need or a piece of work is. A
decision records the rule by which it read places and kinds, and a replay applies it again. Earlier rules never change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum
from functools import cache
from typing import Final

from matcher.foundations.reference_tables import places
from matcher.records.areas import (
    EVERYWHERE,
    NOWHERE,
    POSTCODE,
    Regions,
    is_national,
    named_in,
    region_of_postcode,
    regions_of_area,
    regions_of_body,
)
from matcher.records.need import Buyer, Need
from matcher.records.profile import Profile, TrackRecord
from matcher.records.vocabulary import Region, find_region


class ReadingRule(IntEnum):
    """The past and present rules for reading the place and kind of a supplier, and the place of a need.

    - `REGION_FIELDS`: past work is in the region of its region field.
    - `WHOLE_RECORDS`: past work is in the regions that its fields and texts name.
    - `KNOWN_FACTS`: the kind of a supplier follows from its numbers and name, "vcse" stands for every kind of VCSE,
      and a filter by region tells an unknown place from a place elsewhere.
    """

    REGION_FIELDS = 1
    WHOLE_RECORDS = 2
    KNOWN_FACTS = 3


CURRENT_RULE: Final = ReadingRule.KNOWN_FACTS

# A text that names more regions than this is treated as being about the whole country, not about a place.
MAX_REGIONS: Final = 3
# The number of characters that are searched for places at the start of a description.
_PLACE_CHARACTERS: Final = 600
# The same numbers in the earlier rules.
_EARLIER_MAX_REGIONS: Final = 3
_EARLIER_PLACE_CHARACTERS: Final = 600


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


def regions_by_first_rule(profile: Profile) -> frozenset[Region]:
    """Return the regions of `profile` under `ReadingRule.REGION_FIELDS`.

    This reads only the region field of past work, and skips a field that names no region.
    """
    fields = (find_region(work.region) for work in profile.track_record if work.region)
    return home_by_earlier_rules(profile) or frozenset(region for region in fields if region)


def regions_by_second_rule(profile: Profile) -> frozenset[Region]:
    """Return the regions of `profile` under `ReadingRule.WHOLE_RECORDS`.

    These are the regions that it states, else the region of its postcode, else the regions of all its past work.
    """
    return home_by_earlier_rules(profile) or frozenset().union(*map(record_by_earlier_rules, profile.track_record))


def home_by_earlier_rules(profile: Profile) -> frozenset[Region]:
    """Return the regions that `profile` states, else the region of its postcode, else an empty set."""
    coverage = profile.coverage
    if coverage.national:
        return frozenset(Region)
    if coverage.regions:
        return frozenset(coverage.regions)
    home = region_of_postcode(profile.postcode) if profile.postcode else None
    return frozenset({home}) if home else frozenset()


def record_by_earlier_rules(record: Need | TrackRecord) -> frozenset[Region]:
    """Return the regions of a need or a piece of work under the earlier rules, or an empty set if unknown."""
    buyer = record.buyer.name if isinstance(record.buyer, Buyer) else record.buyer
    stated = _of_place(record.region) if record.region else frozenset()
    if not stated and isinstance(record, Need) and record.postcode and (home := region_of_postcode(record.postcode)):
        stated = frozenset({home})
    texts = (record.title, record.description[:_EARLIER_PLACE_CHARACTERS], buyer or "")
    return next((regions for regions in (stated, *map(_of_text, texts)) if regions), frozenset())


def _of_place(place: str) -> frozenset[Region]:
    if region := find_region(place):
        return frozenset({region})
    if POSTCODE.match(place.strip().upper()) and (region := region_of_postcode(place.strip().upper())):
        return frozenset({region})
    return _of_text(place)


def _of_text(text: str) -> frozenset[Region]:
    words = re.sub(r"[^a-z]+", " ", text.lower())
    regions = frozenset(Region(places()[name]) for name in _place_names().findall(words))
    return regions if len(regions) <= _EARLIER_MAX_REGIONS else frozenset()


@cache
def _place_names() -> re.Pattern[str]:
    longest_first = sorted(places(), key=lambda name: (-len(name), name))
    return re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})\b")
