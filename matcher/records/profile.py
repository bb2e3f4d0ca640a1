"""A capability profile: what a supplier can do, for whom and where, and its past work."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from matcher.records.email_address import EmailAddress
from matcher.records.fields import (
    MAX_CODES,
    MAX_PARTS,
    Amount,
    CoveredRegions,
    CpvCodes,
    Day,
    Id,
    Phrase,
    PlaceName,
    Postcode,
    StatedSize,
    Text,
    Title,
    identifier,
)
from matcher.records.parsing import Record
from matcher.records.vocabulary import Sector


class Identifiers(Record):
    """The supplier's numbers in public registers.

    `further_charity_numbers` holds the numbers in the charity registers of other countries of the United Kingdom.
    """

    charity: Annotated[str, identifier("charity")] | None = None
    company: Annotated[str, identifier("company")] | None = None
    cqc: Annotated[str, identifier("cqc")] | None = None
    ods: Annotated[str, identifier("ods")] | None = None
    ppon: Annotated[str, identifier("ppon")] | None = None
    further_charity_numbers: Annotated[
        tuple[Annotated[str, identifier("charity")], ...], Field(max_length=MAX_CODES)
    ] = ()


class Coverage(Record):
    """Where the supplier works: the whole country, or a list of regions."""

    national: bool = False
    regions: CoveredRegions = ()


class Capability(Record):
    """One thing the supplier can do, and its outcomes."""

    title: Title
    description: Text = ""
    outcomes: Annotated[tuple[Text, ...], Field(max_length=MAX_CODES)] = ()
    cpv: CpvCodes = ()


class TrackRecord(Record):
    """One piece of past work. `value` is in pounds."""

    title: Title
    description: Text = ""
    buyer: Phrase | None = None
    cpv: CpvCodes = ()
    region: PlaceName | None = None
    date: Day | None = None
    value: Amount | None = None


class Accreditation(Record):
    """A scheme the supplier is accredited under.

    Attributes:
        scheme: the name of the scheme.
        reference: the number of the certificate.
        expires: the last day on which the accreditation is valid, or None if it does not expire.

    """

    scheme: Title
    reference: Phrase | None = None
    expires: Day | None = None


class Profile(Record):
    """A supplier's capability profile. `turnover` is in pounds per year.

    `size` is what a source states. If staff or turnover is known, `size_of` goes by these figures.
    """

    id: Id
    name: Title
    sector: Sector = Sector.UNKNOWN
    size: StatedSize = None
    identifiers: Identifiers = Identifiers()
    summary: Text = ""
    postcode: Postcode | None = None
    coverage: Coverage = Coverage()
    turnover: Amount | None = None
    employees: Annotated[int, Field(ge=0, le=10_000_000, strict=True)] | None = None
    capabilities: Annotated[tuple[Capability, ...], Field(max_length=MAX_PARTS)] = ()
    track_record: Annotated[tuple[TrackRecord, ...], Field(max_length=MAX_PARTS)] = ()
    accreditations: Annotated[tuple[Accreditation, ...], Field(max_length=MAX_PARTS)] = ()
    website: Phrase | None = None


class Contact(Record):
    """The contact at a supplier. Stored separately from the profile, so that it can be erased."""

    name: Phrase | None = None
    email: EmailAddress | None = None
    telephone: Annotated[str, Field(pattern=r"^[0-9+() -]{5,30}$")] | None = None
