"""Programme: the name, area and matching rules for a set of needs that are matched together."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from matcher.programme.area import EVERYWHERE, Area
from matcher.records import Filters, Need, Record
from matcher.records.fields import Title
from matcher.records.places import regions_of_record


class Programme(Record):
    """The settings of a regional programme.

    `top` is the number of suppliers shown for each need. `capacity` is the maximum number of needs that the assignment
    may give to one supplier; if `capacity` is None, no assignment is made. `on` is the date on which accreditations
    must be valid, or None for today.
    """

    name: Title
    area: Area = EVERYWHERE
    filters: Filters = Filters()
    top: Annotated[int, Field(ge=1, le=10_000)] = 10
    apply_requirements: bool = True
    capacity: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    on: date | None = None

    def with_default_region(self, need: Need) -> Need:
        """Return `need`. If it names no place and the programme has exactly one region, set that region."""
        if len(self.area.regions) != 1 or need.region or regions_of_record(need):
            return need
        return need.model_copy(update={"region": self.area.regions[0].value})
