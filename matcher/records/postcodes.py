"""What a postcode tells of where a place is."""

from __future__ import annotations

import re

from matcher.foundations.reference_tables import PostcodeArea, postcode_areas
from matcher.records.vocabulary import Region


def area_of_postcode(postcode: str) -> PostcodeArea | None:
    """Return the area of a postcode in its normal form, or None for one that is in no area."""
    letters = re.match(r"[A-Z]+", postcode)
    return postcode_areas().get(letters.group()) if letters else None


def region_of_postcode(postcode: str) -> Region | None:
    """Return the region most addresses of the postcode's area are in."""
    area = area_of_postcode(postcode)
    return Region(area.region) if area else None
