"""Programme: a named set of needs that are matched together, where it works, and by which rules."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from matcher.programme.area import EVERYWHERE, Area
from matcher.records import Filters, Need, Record
from matcher.records.fields import Title
from matcher.records.places import regions_of_record


class Programme(Record):
    """What a regional programme asks for.

    `capacity` is how many needs a supplier may be first for in the assignment; without it there is none.
    `on` is the day on which accreditations must be held; today where it is left out.
    """

    name: Title
    area: Area = EVERYWHERE
    filters: Filters = Filters()
    top: Annotated[int, Field(ge=1, le=10_000)] = 10
    apply_requirements: bool = True
    capacity: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    on: date | None = None

    def with_default_region(self, need: Need) -> Need:
        """Return `need`, in the programme's region where it names no place itself and the programme has one region."""
        if len(self.area.regions) != 1 or need.region or regions_of_record(need):
            return need
        return need.model_copy(update={"region": self.area.regions[0].value})
