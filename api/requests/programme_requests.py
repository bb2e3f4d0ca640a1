"""Orders: what is asked of a programme over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, StrictBool

from matcher.foundations.errors import InvalidInput, Place
from matcher.programme import Programme
from matcher.programme.area import EVERYWHERE, BodyLookup, area_of
from matcher.records import Filters, Need, Record
from matcher.records.fields import Phrase, Title

# A form sends numbers as text, JSON as numbers: only the latter are held to be such.
Top = Annotated[int, Field(ge=1, le=1_000)]
Capacity = Annotated[int, Field(ge=1, le=1_000_000)]


class Ordered(Record):
    """What is asked of a programme, but for its needs."""

    name: Title
    region: Phrase | None = Field(
        None,
        description="Where it works: a region, or the code or name of an ICB, CCG, AHSN or health innovation network; "
        "an old one stands for what succeeded it. A need that names no place counts as in its region.",
    )
    filters: Filters = Field(Filters(), description="Who is eligible, besides what each need requires.")
    top: Annotated[Top, Field(strict=True)] = Field(10, description="How many partners a need.")
    apply_requirements: StrictBool = Field(True, description="Whether what a need requires also decides.")
    capacity: Annotated[Capacity, Field(strict=True)] | None = Field(
        None, description="Assign one partner to each need such that none is given more needs than this."
    )

    def programme(self, lookup: BodyLookup) -> Programme:
        """Return the programme that is asked for.

        Raises:
            InvalidInput: the region is not known.

        """
        try:
            area = EVERYWHERE if self.region is None else area_of(self.region, lookup)
        except InvalidInput as error:
            raise InvalidInput(error.problem, remedy=error.remedy, place=Place(field="region")) from error
        return Programme(
            name=self.name,
            area=area,
            filters=self.filters,
            top=self.top,
            apply_requirements=self.apply_requirements,
            capacity=self.capacity,
            on=date.today(),
        )


class WantedProgramme(Ordered):
    """What to match: needs sent with it, or all that are stored and that one may see."""

    # As many as the limits of a body let through; a file may hold more.
    needs: Annotated[tuple[Need, ...], Field(max_length=5_000)] = Field(
        (), description="Longer lists are uploaded as a file, with `POST /v1/uploads`."
    )
    stored: StrictBool = Field(False, description="Match the stored needs that one may see, in place of `needs`.")
