"""Filters: who is eligible. They decide before anything is searched; within them the search is exact."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from matcher.records.fields import MAX_CODES, Amount, RegionName, Title, printable
from matcher.records.need import Need
from matcher.records.parsing import Record
from matcher.records.size import Size
from matcher.records.vocabulary import Sector


class Filters(Record):
    """Every stated filter must pass; within one filter any value will do, except for accreditations and
    identifiers, of which all must be held.

    `identifiers` are kinds ("charity") or numbers ("charity:1000003"). `changed_since` is a sequence number
    of the store: only profiles revised after it pass.
    """

    sectors: Annotated[tuple[Sector, ...], Field(max_length=MAX_CODES)] = ()
    regions: Annotated[tuple[RegionName, ...], Field(max_length=MAX_CODES)] = ()
    accreditations: Annotated[tuple[Title, ...], Field(max_length=MAX_CODES)] = ()
    size: Size | None = None
    min_turnover: Amount | None = None
    max_turnover: Amount | None = None
    identifiers: Annotated[
        tuple[
            Annotated[str, Field(pattern=r"^(charity|company|cqc|ods|ppon)(:\S{1,40})?$"), AfterValidator(printable)],
            ...,
        ],
        Field(max_length=MAX_CODES),
    ] = ()
    changed_since: Annotated[int, Field(ge=0)] | None = None

    @classmethod
    def required_by(cls, need: Need) -> Filters:
        """Return what `need` requires of a partner, as filters to be met besides those chosen."""
        required = need.requirements
        return cls(sectors=required.sectors, regions=required.regions, accreditations=required.accreditations)
