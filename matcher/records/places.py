"""Where a text says it is: the regions named by its regions, counties, cities, boroughs and postcodes."""

from __future__ import annotations

import re
from functools import cache

from matcher.foundations.reference_tables import places
from matcher.records.fields import POSTCODE
from matcher.records.need import Buyer, Need
from matcher.records.postcodes import region_of_postcode
from matcher.records.profile import TrackRecord
from matcher.records.vocabulary import Region, find_region

# A text that names more regions than this is about the country, not about a place.
MAX_REGIONS = 3
# Where a description says where it is, it does so early.
_TELLING_CHARACTERS = 600


def regions_of_place(place: str) -> frozenset[Region]:
    """Return the regions that a published place (a region, a postcode, a town) lies in; often none is known."""
    if region := find_region(place):
        return frozenset({region})
    if POSTCODE.match(place.strip().upper()) and (region := region_of_postcode(place.strip().upper())):
        return frozenset({region})
    return regions_of_text(place)


def regions_of_text(text: str) -> frozenset[Region]:
    """Return the regions whose places `text` names."""
    words = re.sub(r"[^a-z]+", " ", text.lower())
    found = frozenset(Region(places()[name]) for name in _place_names().findall(words))
    return found if len(found) <= MAX_REGIONS else frozenset()


@cache
def _place_names() -> re.Pattern[str]:
    longest_first = sorted(places(), key=lambda name: (-len(name), name))
    return re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})\b")


def regions_of_record(record: Need | TrackRecord) -> frozenset[Region]:
    """Return where a need or a piece of work is: what its region says, else its title, else its description,
    else the name of its buyer.
    """
    buyer = record.buyer.name if isinstance(record.buyer, Buyer) else record.buyer
    stated = regions_of_place(record.region) if record.region else frozenset()
    if not stated and isinstance(record, Need) and record.postcode and (home := region_of_postcode(record.postcode)):
        stated = frozenset({home})
    texts = (record.title, record.description[:_TELLING_CHARACTERS], buyer or "")
    return next((found for found in (stated, *map(regions_of_text, texts)) if found), frozenset())
