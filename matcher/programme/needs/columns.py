"""Columns: maps the columns of a table to the fields of a need, using common headings or the user's choice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from matcher.foundations.errors import InvalidInput


@dataclass(frozen=True)
class NeedField:
    """A need field that a table may have: its heading, other common headings, what to enter, and an example."""

    name: str
    heading: str
    usual: tuple[str, ...]
    meaning: str
    example: str


FIELDS: Final = (
    NeedField(
        "id",
        "Need id",
        ("id", "reference", "ref", "need ref", "need reference", "notice id", "unique id", "identifier", "ocid"),
        "Your own reference, unique in the table. If empty, the row number is used.",
        "need-017",
    ),
    NeedField(
        "title",
        "Title",
        ("need", "name", "need title", "contract title", "notice title", "project", "project title", "subject"),
        "What is needed, in one line. Required, unless there is a description.",
        "Falls prevention for older people at home",
    ),
    NeedField(
        "description",
        "Description",
        ("details", "detail", "summary", "need description", "short description", "problem", "scope"),
        "The problem, the people and the place, in plain words. More detail gives better matches.",
        "People over 65 in the upper valley who have fallen once wait 14 weeks for a strength and balance class.",
    ),
    NeedField(
        "buyer",
        "Buyer",
        ("organisation", "organisation name", "authority", "contracting authority", "commissioner", "buyer name",
         "trust", "icb", "ccg", "owner"),
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
        ("location", "place", "area", "delivery region", "delivery location", "nuts region", "place of performance"),
        "Where it is needed: a region, county or town.",
        "Yorkshire and The Humber",
    ),
    NeedField("postcode", "Postcode", ("post code", "delivery postcode"), "The postcode of the place.", "HX1 1UZ"),
    NeedField(
        "value",
        "Value in pounds",
        ("value", "contract value", "estimated value", "total value", "budget", "amount", "value gbp", "value £"),
        "The value over the whole contract.",
        "250000",
    ),
    NeedField(
        "published",
        "Published",
        ("publication date", "published date", "date published", "publish date"),
        "A date, with the day or the year first.",
        "2026-09-01",
    ),
    NeedField(
        "closes",
        "Closes",
        ("closing date", "close date", "deadline", "submission deadline", "closing"),
        "The last day to respond.",
        "2026-12-18",
    ),
    NeedField(
        "stage",
        "Stage",
        ("procurement stage", "need stage"),
        "One of: idea, planning, market_engagement, tender, award.",
        "planning",
    ),
)  # fmt: skip

_BY_NAME: Final = {field.name: field for field in FIELDS}


@dataclass(frozen=True)
class MappedColumn:
    """A column to read: its field, its position (counting from 0), and its heading as written in the table."""

    field: str
    position: int
    heading: str


@dataclass(frozen=True)
class ColumnMap:
    """The columns to read, in the order of `FIELDS`, and the headings of the other columns."""

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
        name, heading = _key(name).replace(" ", "_"), heading.strip('"').strip()
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
    with one of the usual headings for the field, if there is one. If a heading appears twice, the first column is used.
    Chosen headings that are not in `header` are ignored; `missing_headings` returns them.
    """
    keys = [_key(heading) for heading in header]
    chosen_keys = {field: _key(heading) for field, heading in (chosen or {}).items()}
    positions: dict[str, int] = {field: keys.index(key) for field, key in chosen_keys.items() if key in keys}
    for field in FIELDS:
        names = (field.heading, field.name, *field.usual)
        free = [key if i not in positions.values() else "" for i, key in enumerate(keys)]
        usual = [free.index(key) for key in map(_key, names) if key in free]
        if field.name not in chosen_keys and usual:
            positions[field.name] = usual[0]
    columns = tuple(
        MappedColumn(field.name, positions[field.name], header[positions[field.name]])
        for field in FIELDS
        if field.name in positions
    )
    read = {column.position for column in columns}
    return ColumnMap(columns, tuple(name for i, name in enumerate(header) if name.strip() and i not in read))


def missing_headings(header: Sequence[str], chosen: Mapping[str, str]) -> list[str]:
    """Return the chosen headings that are not in `header`."""
    keys = {_key(heading) for heading in header}
    return [heading for heading in chosen.values() if _key(heading) not in keys]


def _key(heading: str) -> str:
    return " ".join(re.sub(r"[^\w£]+|_", " ", heading.casefold()).split())
