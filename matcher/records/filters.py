"""The filters of a search: the conditions that suppliers must meet to be eligible."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from matcher.foundations.register_numbers import NUMBERS, number_under, one_form
from matcher.records.fields import MAX_CODES, Amount, Title, WantedRegions, is_stored, printable
from matcher.records.need import Need
from matcher.records.parsing import Record
from matcher.records.vocabulary import Sector, Size


def _identifier(value: Any, info: ValidationInfo) -> Any:
    """Return an identifier with its number in one form. Schemes such as "GB-COH-04567891" are read as well."""
    if not isinstance(value, str) or is_stored(info):
        return value
    kind, separator, number = value.partition(":")
    if kind in NUMBERS:
        return f"{kind}:{one_form(kind, number) or number.strip().upper()}" if separator else kind
    found = number_under("", value)
    return ":".join(found) if found else value


class Filters(Record):
    """The filters of a search. A profile must pass every filter that is set.

    If a filter has several values, a profile needs to match only one of them. `accreditations` and `identifiers` are
    exceptions: a profile must have all of these. An identifier is a kind ("charity") or a kind and number
    ("charity:1000003"), or a number under a scheme ("GB-CHC-1000003"). `changed_since` is a sequence number of the
    store: only profiles revised after that number pass. With `include_unknown`, a
    profile whose place is not known passes a filter on regions, too.
    """

    sectors: Annotated[tuple[Sector, ...], Field(max_length=MAX_CODES)] = ()
    regions: WantedRegions = ()
    include_unknown: bool = False
    accreditations: Annotated[tuple[Title, ...], Field(max_length=MAX_CODES)] = ()
    size: Size | None = None
    min_turnover: Amount | None = None
    max_turnover: Amount | None = None
    identifiers: Annotated[
        tuple[
            Annotated[
                str,
                BeforeValidator(_identifier),
                Field(pattern=r"^(charity|company|cqc|ods|ppon)(:\S{1,40})?$"),
                AfterValidator(printable),
            ],
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
