"""The rule by which the index reads facts from records. A decision records the rule, and a replay applies it again.

The functions read places by the earlier rules. They never change.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import cache
from typing import Final

from matcher.foundations.reference_tables import places
from matcher.records.areas import POSTCODE, region_of_postcode
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

MAX_REGIONS: Final = 3
_PLACE_CHARACTERS: Final = 600


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
    texts = (record.title, record.description[:_PLACE_CHARACTERS], buyer or "")
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
    return regions if len(regions) <= MAX_REGIONS else frozenset()


@cache
def _place_names() -> re.Pattern[str]:
    longest_first = sorted(places(), key=lambda name: (-len(name), name))
    return re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})\b")
