"""Columns: maps the columns of a table to the fields of a need, using common headings or the user's choice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from matcher.foundations.errors import InvalidInput
from matcher.programme.needs.headings import key_of, reduced_key_of


@dataclass(frozen=True)
class NeedField:
    """A need field that a table may have: its heading, other common headings, what to enter, and an example.

    Attributes:
        usual: other headings, without units, brackets, years and words such as "estimated". See `reduced_key_of`.

    """

    name: str
    heading: str
    usual: tuple[str, ...]
    meaning: str
    example: str


FIELDS: Final = (
    NeedField(
        "id",
        "Need id",
        ("id", "reference", "ref", "need ref", "need reference", "notice id", "notice identifier", "unique id",
         "unique reference", "identifier", "ocid", "contract reference", "contract ref", "contract id",
         "reference number", "ref no", "project reference", "pipeline reference", "pipeline id",
         "procurement reference", "contract number", "project id", "row id", "item"),
        "Your own reference, unique in the table. If empty, the row number is used.",
        "need-017",
    ),
    NeedField(
        "title",
        "Title",
        ("need", "requirement", "name", "need title", "contract title", "contract title name", "name of contract",
         "contract project title", "contract name", "notice title", "project", "project title", "project name",
         "subject", "title of contract", "title of agreement", "title of requirement", "agreement title",
         "contract", "requirement title", "opportunity", "opportunity title", "procurement title", "procurement",
         "procurement project", "procurement activity", "service", "service title", "service required", "scheme",
         "scheme name", "tender title", "tender", "activity", "activity name", "programme", "work package",
         "goods services or works", "what we need", "initiative"),
        "What is needed, in one line. Required, unless there is a description.",
        "Falls prevention for older people at home",
    ),
    NeedField(
        "description",
        "Description",
        ("details", "detail", "summary", "need description", "short description", "brief description", "problem",
         "scope", "description of requirement", "requirement description", "description of contract",
         "contract description", "project description", "description of the goods and or services",
         "description of goods and services", "overview", "background", "service description", "scope of works",
         "scope of services", "further details", "notes on requirement"),
        "The problem, the people and the place, in plain words. More detail gives better matches.",
        "People over 65 in the upper valley who have fallen once wait 14 weeks for a strength and balance class.",
    ),
    NeedField(
        "buyer",
        "Buyer",
        ("organisation", "organisation name", "organization", "organization name", "authority", "authority name",
         "contracting authority", "contracting authority name", "contracting body", "contracting organisation",
         "commissioner", "commissioning organisation", "lead commissioner", "buyer name", "buying organisation",
         "purchasing organisation", "purchasing authority", "purchaser", "procuring organisation",
         "procuring entity", "trust", "trust name", "icb", "icb name", "ccg", "council", "department",
         "public body", "client", "customer", "customer name", "lead organisation", "body", "owner",
         "nhs organisation", "responsible organisation", "local authority", "lead authority"),
        "The public body with the need.",
        "NHS West Yorkshire Integrated Care Board",
    ),
    NeedField(
        "ods_code",
        "Buyer ODS code",
        ("ods code", "ods", "buyer code", "organisation code", "icb code", "ccg code", "trust code"),
        "The buyer's ODS code. A past code works too.",
        "QWO",
    ),
    NeedField(
        "outcomes",
        "Outcomes",
        ("outcome", "expected outcomes", "intended outcomes", "benefits"),
        "What should improve. Separate outcomes with ; or line breaks.",
        "Fewer repeat falls; People feel safe at home",
    ),
    NeedField(
        "accreditations",
        "Required accreditations",
        ("accreditations", "accreditation", "required schemes", "certifications"),
        "Schemes that a partner must hold. Separate schemes with ; or line breaks. Other partners are excluded.",
        "DSPT; Cyber Essentials",
    ),
    NeedField(
        "sectors",
        "Required sectors",
        ("sectors", "sector", "supplier sectors"),
        "Only these kinds of partner: charity, social_enterprise, cic, mutual, company, public, vcse.",
        "",
    ),
    NeedField(
        "regions",
        "Required regions",
        ("supplier regions", "required coverage", "coverage"),
        "Regions that a partner must cover. Separate regions with ; or line breaks.",
        "",
    ),
    NeedField(
        "cpv",
        "CPV codes",
        ("cpv", "cpv code", "common procurement vocabulary"),
        "8-digit codes. Separate codes with ; or spaces.",
        "85100000",
    ),
    NeedField(
        "region",
        "Region",
        ("location", "place", "area", "delivery region", "delivery location", "nuts region", "itl region",
         "place of performance", "regions", "location of delivery", "contract location", "locality", "county",
         "geography", "geographical area", "nhs region", "where"),
        "Where it is needed: a region, county or town.",
        "Yorkshire and The Humber",
    ),
    NeedField("postcode", "Postcode", ("post code", "delivery postcode"), "The postcode of the place.", "HX1 1UZ"),
    NeedField(
        "value",
        "Value in pounds",
        ("value", "contract value", "value of contract", "budget", "amount", "cost", "price", "spend",
         "value high", "contract sum", "contract amount", "lifetime value", "whole life value", "whole life cost",
         "contract lifetime value", "value of procurement", "procurement value", "value of requirement",
         "project value", "tender value", "value of the contract", "contract cost", "funding", "budget value",
         "value of award", "contract award value", "value including extensions", "lifetime value of the contract",
         "value over contract term", "value for full term", "value of agreement", "agreement value", "value gbp",
         "value pounds"),
        "The value over the whole contract.",
        "250000",
    ),
    NeedField(
        "published",
        "Published",
        ("publication date", "published date", "date published", "publish date", "publication", "notice date",
         "date of publication", "date of notice", "advert date", "date advertised", "advertised",
         "tender publication date", "itt publication date", "notice published date", "contract notice date"),
        "A date, with the day or the year first.",
        "2026-09-01",
    ),
    NeedField(
        "closes",
        "Closes",
        ("closing date", "close date", "deadline", "submission deadline", "closing", "closing date and time",
         "date closes", "tender deadline", "tender closing date", "deadline for submission",
         "deadline for submissions", "deadline for tenders", "response deadline", "return date",
         "tender return date", "bid deadline", "expression of interest deadline", "eoi deadline",
         "submission date", "closes on", "applications close", "deadline date"),
        "The last day to respond.",
        "2026-12-18",
    ),
    NeedField(
        "starts",
        "Starts",
        ("contract start date", "start date", "start", "contract start", "date", "date required", "required by",
         "start of contract", "contract commencement date", "commencement date", "contract commencement",
         "commencement", "contract from", "date from", "go live date", "go live", "service start date",
         "agreement start date", "mobilisation date", "award date", "tender date", "contract date",
         "project start date", "delivery date", "tender start date", "procurement start date", "procurement start",
         "date needed"),
        "The first day of the contract: a day, a month or a year.",
        "2027-04-01",
    ),
    NeedField(
        "stage",
        "Stage",
        ("procurement stage", "need stage", "project stage", "phase"),
        "One of: idea, planning, market_engagement, tender, award.",
        "planning",
    ),
)  # fmt: skip

# Columns that change how others are read. They are in the tables of other systems, not in the template.
QUALIFIERS: Final = (
    NeedField("value_low", "Value low", ("minimum value", "value from"), "The lower end of the value.", "150000"),
    NeedField(
        "awarded_value",
        "Awarded value",
        ("award value", "value awarded"),
        "The value, if the need is awarded.",
        "515000",
    ),
    NeedField("currency", "Currency", ("currency code", "value currency"), "The currency of the value.", "GBP"),
    NeedField(
        "status",
        "Status",
        ("notice status", "contract status", "procurement status", "project status", "current status"),
        "What has become of the need. Withdrawn needs are passed over.",
        "Open",
    ),
    NeedField(
        "notice_type", "Notice type", ("type of notice",), "The kind of notice, which gives the stage.", "Contract"
    ),
    NeedField("nationwide", "Nationwide", ("national",), "Whether the need is in the whole country.", "Yes"),
)

_ALL: Final = (*FIELDS, *QUALIFIERS)
_BY_NAME: Final = {field.name: field for field in _ALL}


@dataclass(frozen=True)
class MappedColumn:
    """A column to read: its field, its position (counting from 0), and its heading as written in the table."""

    field: str
    position: int
    heading: str


@dataclass(frozen=True)
class ColumnMap:
    """The columns to read, in the order of the fields, and the headings of the other columns."""

    columns: tuple[MappedColumn, ...]
    unread: tuple[str, ...] = ()

    @property
    def is_enough(self) -> bool:
        """Whether a need can be read from the columns, which requires a title or a description."""
        return bool({"title", "description"} & {column.field for column in self.columns})

    def heading(self, field: str | None) -> str | None:
        """Return the heading of the column for `field`, such as "title" or "buyer.name", or None if there is none."""
        parts = (field or "").split(".")
        return next((column.heading for column in self.columns if column.field in parts), None)


def parse_column_choice(text: str | None) -> dict[str, str]:
    """Parse `text`, such as "title=Need,value=Budget", into a heading for each field. Return {} if `text` is None.

    A heading that contains a comma must be in double quotes.

    Raises:
        InvalidInput: `text` is not in this form, names an unknown field, or names a field twice.

    """
    chosen: dict[str, str] = {}
    for part in re.findall(r'[^,="]+=(?:"[^"]*"|[^,]*)|[^,]+', text or ""):
        name, sign, heading = (piece.strip() for piece in part.partition("="))
        name, heading = key_of(name).replace(" ", "_"), heading.strip('"').strip()
        if not sign or not heading:
            raise InvalidInput(
                f"the choice of columns contains {part!r}", remedy="Write it like this: title=Column,value=Column"
            )
        if name not in _BY_NAME:
            raise InvalidInput(
                f"the choice of columns names {name!r}, which is not a field", remedy=f"Use {', '.join(_BY_NAME)}"
            )
        if name in chosen:
            raise InvalidInput(f"the choice of columns names {name!r} twice", remedy="Give each field one column")
        chosen[name] = heading
    return chosen


def map_columns(header: Sequence[str], chosen: Mapping[str, str] | None = None) -> ColumnMap:
    """Map the columns with the headings in `header` to fields.

    A field in `chosen` is mapped to the column with the chosen heading. Every other field is mapped to an unused column
    with one of the usual headings for the field, if there is one. Units, brackets, years and words such as "estimated"
    in a heading do not matter if no column has the plain heading. If a heading appears twice, the first column is used.
    Chosen headings that are not in `header` are ignored; `missing_headings` returns them.
    """
    keys = [key_of(heading) for heading in header]
    chosen_keys = {field: key_of(heading) for field, heading in (chosen or {}).items()}
    positions: dict[str, int] = {field: keys.index(key) for field, key in chosen_keys.items() if key in keys}
    for form in (key_of, reduced_key_of):
        forms = [form(heading) for heading in header]
        for field in _ALL:
            free = [each if i not in positions.values() else "" for i, each in enumerate(forms)]
            names = (field.heading, field.name, *field.usual)
            usual = [free.index(name) for name in map(form, names) if name and name in free]
            if field.name not in chosen_keys and field.name not in positions and usual:
                positions[field.name] = usual[0]
    columns = tuple(
        MappedColumn(field.name, positions[field.name], header[positions[field.name]])
        for field in _ALL
        if field.name in positions
    )
    read = {column.position for column in columns}
    return ColumnMap(columns, tuple(name for i, name in enumerate(header) if name.strip() and i not in read))


def missing_headings(header: Sequence[str], chosen: Mapping[str, str]) -> list[str]:
    """Return the chosen headings that are not in `header`."""
    keys = {key_of(heading) for heading in header}
    return [heading for heading in chosen.values() if key_of(heading) not in keys]
