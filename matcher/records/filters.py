"""The filters of a search: the conditions that suppliers must meet to be eligible."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from matcher.records.fields import MAX_CODES, Amount, RegionName, Title, printable
from matcher.records.need import Need
from matcher.records.parsing import Record
from matcher.records.size import Size
from matcher.records.vocabulary import Sector


class Filters(Record):
    """The filters of a search. A profile must pass every filter that is set.

    If a filter has several values, a profile needs to match only one of them. `accreditations` and `identifiers` are
    exceptions: a profile must have all of these. An identifier is a kind ("charity") or a kind and number
    ("charity:1000003"). `changed_since` is a sequence number of the store: only profiles revised after that number
    pass.
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
        """Return the requirements of `need` as filters, to be applied in addition to the user's own filters."""
        required = need.requirements
        return cls(sectors=required.sectors, regions=required.regions, accreditations=required.accreditations)
