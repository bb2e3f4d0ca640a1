"""Postcodes: the area and region that a postcode is in."""

from __future__ import annotations

import re
from typing import Final

from matcher.foundations.reference_tables import PostcodeArea, postcode_areas
from matcher.records.vocabulary import Region

# A postcode in normal form: in capitals, with at most one space. The second half may be missing.
POSTCODE: Final = re.compile(r"^(GIR ?0AA|[A-Z]{1,2}[0-9][A-Z0-9]?(?: ?[0-9][A-Z]{2})?)$")


def area_of_postcode(postcode: str) -> PostcodeArea | None:
    """Return the area of `postcode`, which must be in normal form, or None if the area is unknown."""
    letters = re.match(r"[A-Z]+", postcode)
    return postcode_areas().get(letters.group()) if letters else None


def region_of_postcode(postcode: str) -> Region | None:
    """Return the region that most addresses in the area of `postcode` are in, or None if the area is unknown."""
    area = area_of_postcode(postcode)
    return Region(area.region) if area else None
