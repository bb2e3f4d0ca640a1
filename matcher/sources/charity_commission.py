"""The register extract of the Charity Commission for England and Wales, as JSON or delimited by tabs.

Three of its tables are read, told apart by their columns: `publicextract.charity`, `…charity_area_of_operation`
and `…charity_classification`. Their fields are described in the data definition of the extract,
https://register-of-charities.charitycommission.gov.uk/register/full-register-download (Open Government Licence).
Linked charities stand under their main charity and are passed over; addresses, telephone numbers and e-mail
addresses are not taken, the postcode is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from matcher.records.places import regions_of_place
from matcher.records.vocabulary import Sector
from matcher.sources.ocds.parties import number_of
from matcher.sources.register_rows import Cells, Spoken, day, read_register, statement
from matcher.sources.statement import Origin, Source, Statement, Tally

_NUMBER: Final = "registered_charity_number"
_REGISTERED: Final = "registered"


def read(path: Path, tally: Tally) -> Iterator[Spoken]:
    """Yield what each row of a table of the extract says; raises as `read_register`."""
    yield from read_register(path, (_NUMBER, "linked_charity_number"), _speak, tally)


def _speak(cells: Cells, origin: Origin, tally: Tally) -> list[Statement]:
    if cells.get("linked_charity_number", "0") not in ("0", "0.0"):
        tally.counts["linked charities"] += 1
        return []
    number = cells.get(_NUMBER, "")
    origin = Origin(origin.file, f"charity {number}", day(cells.get("date_of_extract")))
    if "charity_name" in cells:
        return [_charity(number, cells, origin, tally)]
    if area := cells.get("geographic_area_description"):
        return _area(number, area, origin, tally)
    if kind := cells.get("classification_description"):
        fields = {"identifiers": {"charity": number}, "capabilities": [{"title": "Activities", "description": kind}]}
        record = f"{number}/classification/{kind}"
        return [statement(Source.CHARITY_COMMISSION, record, fields, origin, tally, known_only=True)]
    return []


def _charity(number: str, cells: Cells, origin: Origin, tally: Tally) -> Statement:
    tally.counts["contact points"] += bool(cells.get("charity_contact_email") or cells.get("charity_contact_phone"))
    ended = cells.get("charity_registration_status", _REGISTERED).lower() != _REGISTERED
    company = cells.get("charity_company_registration_number")
    fields = {
        "name": cells["charity_name"],
        "sector": Sector.CHARITY.value,
        "identifiers": {"charity": number} | ({"company": number_of("company", company)} if company else {}),
        "summary": cells.get("charity_activities"),
        "postcode": cells.get("charity_contact_postcode"),
        "turnover": _amount(cells.get("latest_income")),
        "website": cells.get("charity_contact_web"),
    }
    return statement(Source.CHARITY_COMMISSION, number, fields, origin, tally, ended=ended)


def _area(number: str, area: str, origin: Origin, tally: Tally) -> list[Statement]:
    """What one area of operation says. All of England is national; what is beyond this country says nothing."""
    national = area.lower() in ("throughout england", "throughout england and wales")
    regions = [] if national else sorted(region.value for region in regions_of_place(area.removeprefix("Throughout ")))
    if not national and not regions:
        tally.counts["areas elsewhere or not known"] += 1
        return []
    fields = {
        "identifiers": {"charity": number},
        "coverage": {"national": True} if national else {"regions": regions},
    }
    return [statement(Source.CHARITY_COMMISSION, f"{number}/area/{area}", fields, origin, tally, known_only=True)]


def _amount(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
