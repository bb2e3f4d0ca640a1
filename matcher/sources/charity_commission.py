"""The register of charities in England and Wales, published by the Charity Commission as JSON or tab-separated text.

The reader accepts three tables from the extract and recognises each table by its columns: `publicextract.charity`,
`publicextract.charity_area_of_operation` and `publicextract.charity_classification`. The data definition is at
https://register-of-charities.charitycommission.gov.uk/register/full-register-download (Open Government Licence).
The reader skips linked charities, which belong to a main charity. It reads postcodes, but no addresses, telephone
numbers or e-mail addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from matcher.foundations.register_numbers import one_form
from matcher.records.areas import regions_of_area
from matcher.records.vocabulary import Sector
from matcher.sources.formats.items import Item
from matcher.sources.register_rows import Cells, RowContext, parse_day, read_register
from matcher.sources.statement import Statement, Tally

_NUMBER: Final = "registered_charity_number"
_REGISTERED: Final = "registered"
_FAILING: Final = ("charity_insolvent", "charity_in_administration")


def read(path: Path, source: str, tally: Tally) -> Iterator[Item[list[Statement]]]:
    """Yield the statements from each row of an extract table. Raises the same errors as `read_register`."""
    yield from read_register(path, source, (_NUMBER, "linked_charity_number"), _statements, tally)


def _statements(cells: Cells, row: RowContext) -> list[Statement]:
    if cells.get("linked_charity_number", "0") not in ("0", "0.0"):
        row.tally.counts["linked charities"] += 1
        return []
    number = one_form("charity", cells.get(_NUMBER, "")) or cells.get(_NUMBER, "")
    statement = partial(row.statement, place=f"charity {number}", stated=parse_day(cells.get("date_of_extract")))
    if "charity_name" in cells:
        row.tally.counts["contact points"] += bool(
            cells.get("charity_contact_email") or cells.get("charity_contact_phone")
        )
        if any(cells.get(name, "").lower() in ("true", "1") for name in _FAILING):
            row.tally.counts["charities insolvent or in administration"] += 1
        ended = cells.get("charity_registration_status", _REGISTERED).lower() != _REGISTERED
        return [statement(number, _charity(number, cells), ended=ended)]
    if area := cells.get("geographic_area_description"):
        coverage = _coverage(area)
        if not coverage:
            row.tally.counts["areas elsewhere or not known"] += 1
            return []
        fields = {"identifiers": {"charity": number}, "coverage": coverage}
        return [statement(f"{number}/area/{area}", fields, known_only=True)]
    if kind := cells.get("classification_description"):
        fields = {"identifiers": {"charity": number}, "capabilities": [{"title": "Activities", "description": kind}]}
        return [statement(f"{number}/classification/{kind}", fields, known_only=True)]
    return []


def _charity(number: str, cells: Cells) -> dict[str, object]:
    company = cells.get("charity_company_registration_number")
    return {
        "name": cells["charity_name"],
        "sector": Sector.CHARITY.value,
        "identifiers": {"charity": number} | ({"company": company} if company else {}),
        "summary": cells.get("charity_activities"),
        "postcode": cells.get("charity_contact_postcode"),
        "turnover": _amount(cells.get("latest_income")),
        "website": cells.get("charity_contact_web"),
    }


def _coverage(area: str) -> dict[str, object]:
    """Return the coverage for an area of operation. The coverage is empty if the area is abroad or unknown.

    Work throughout England counts as national coverage.
    """
    if area.lower() in ("throughout england", "throughout england and wales"):
        return {"national": True}
    regions = sorted(region.value for region in regions_of_area(area.removeprefix("Throughout ")))
    return {"regions": regions} if regions else {}


def _amount(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
