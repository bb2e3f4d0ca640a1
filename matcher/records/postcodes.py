"""Postcodes: the area and region that a postcode is in."""

from __future__ import annotations

import re

from matcher.foundations.reference_tables import PostcodeArea, postcode_areas
from matcher.records.vocabulary import Region


def area_of_postcode(postcode: str) -> PostcodeArea | None:
    """Return the area of `postcode`, which must be in normal form, or None if the area is unknown."""
    letters = re.match(r"[A-Z]+", postcode)
    return postcode_areas().get(letters.group()) if letters else None


def region_of_postcode(postcode: str) -> Region | None:
    """Return the region that most addresses in the area of `postcode` are in, or None if the area is unknown."""
    area = area_of_postcode(postcode)
    return Region(area.region) if area else None
