"""The body of a request to start a programme."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, StrictBool

from matcher.foundations.errors import InvalidInput, Place
from matcher.programme.area import EVERYWHERE, BodyLookup, area_of
from matcher.programme.programme import Programme
from matcher.records import Filters, Need, Record
from matcher.records.fields import Phrase, Title

# Not strict: forms send numbers as text. JSON bodies add `strict=True`.
Top = Annotated[int, Field(ge=1, le=1_000)]
Capacity = Annotated[int, Field(ge=1, le=1_000_000)]


class ProgrammeOptions(Record):
    """The options of a programme, without its needs."""

    name: Title
    region: Phrase | None = Field(
        None,
        description="Area of the programme: a region, or the code or name of an ICB, CCG, AHSN or health innovation "
        "network. A former code or name selects the current body. Needs that name another place are left out. If the "
        "area is in exactly one region, a need that gives no place is treated as being in that region.",
    )
    filters: Filters = Field(
        Filters(), description="Which partners are eligible, in addition to what each need requires."
    )
    top: Annotated[Top, Field(strict=True)] = Field(10, description="How many partners to return for each need.")
    apply_requirements: StrictBool = Field(
        True, description="Whether partners that do not meet a need's requirements are left out."
    )
    capacity: Annotated[Capacity, Field(strict=True)] | None = Field(
        None, description="Assign one partner to each need, and at most this many needs to each partner."
    )

    def programme(self, lookup: BodyLookup) -> Programme:
        """Return the programme with these options, as of today. `lookup` finds an NHS body by its code or name.

        Raises:
            InvalidInput: `region` is not a known region or NHS body.

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


class ProgrammeRequest(ProgrammeOptions):
    """A programme to run on the needs in the request, or on every stored need that you may see."""

    # About as many needs as the limits on a JSON body allow. An uploaded file may hold more.
    needs: Annotated[tuple[Need, ...], Field(max_length=5_000)] = Field(
        (), description="Needs to match. Upload longer lists as a file, with `POST /v1/uploads`."
    )
    stored: StrictBool = Field(False, description="Match every stored need that you may see, instead of `needs`.")
