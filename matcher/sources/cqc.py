"""The Care Quality Commission's care directory: a CSV row for each location that provides regulated care.

The directory is published weekly under "Care directory" at
https://www.cqc.org.uk/about-us/transparency/using-cqc-data. The column names are on the fifth line, below a title and
the date. The version "with filters" has different column names, which are on the first line. Each provider becomes one
supplier, and each location becomes a statement about its provider. The reader skips providers who are individuals, and
stores no telephone numbers or addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from matcher.records.areas import regions_of_area
from matcher.records.vocabulary import find_region
from matcher.sources.formats.items import Item
from matcher.sources.ocds.parties import is_person
from matcher.sources.register_rows import Cells, RowContext, parse_day, read_register
from matcher.sources.statement import Statement, Tally

_PROVIDER: Final = ("cqc provider id (for office use only)", "cqc provider id", "provider id")
_LOCATION: Final = ("cqc location id (for office use only)", "cqc location id", "location id")
_FILTER: Final = "service type - "


def read(path: Path, source: str, tally: Tally) -> Iterator[Item[list[Statement]]]:
    """Yield the statement for each location. Raises the same errors as `read_register`."""
    yield from read_register(path, source, ("provider name",), _statements, tally)


def _statements(cells: Cells, row: RowContext) -> list[Statement]:
    provider, location, name = _first(cells, _PROVIDER), _first(cells, _LOCATION), cells.get("provider name", "")
    row.tally.counts["contact points"] += bool(_first(cells, ("phone number", "location telephone number")))
    if is_person(name, ()) or cells.get("provider ownership type", "").lower() == "individual":
        row.tally.counts["suppliers who are persons"] += 1
        return []
    services = _services(cells)
    fields = {
        "name": name,
        "identifiers": _identifiers(provider, cells),
        "postcode": cells.get("provider postal code"),
        "website": _first(cells, ("service's website (if available)", "provider web address")),
        "coverage": {"regions": _regions(cells)},
        "capabilities": [{"title": services[:500], "description": cells.get("specialisms/services", "")}]
        if services
        else [],
        "accreditations": [{"scheme": "CQC", "reference": provider}] if provider else [],
    }
    return [row.statement(location or provider, fields, stated=parse_day(cells.get("date of latest check")))]


def _services(cells: Cells) -> str:
    if types := cells.get("service types"):
        return ", ".join(types.replace("|", ",").split(","))
    ticked = (name for name, cell in cells.items() if name.startswith(_FILTER) and cell.lower() in ("y", "yes"))
    return ", ".join(name.removeprefix(_FILTER).capitalize() for name in sorted(ticked))


def _identifiers(provider: str, cells: Cells) -> dict[str, str]:
    company, charity = cells.get("provider companies house number"), cells.get("provider charity number")
    numbers = {"cqc": provider, "company": company or "", "charity": charity or ""}
    return {register: number for register, number in numbers.items() if number}


def _regions(cells: Cells) -> list[str]:
    if region := find_region(_first(cells, ("region", "location region"))):
        return [region.value]
    authority = _first(cells, ("local authority", "location local authority"))
    return sorted(region.value for region in regions_of_area(authority)) if authority else []


def _first(cells: Cells, names: tuple[str, ...]) -> str:
    """Return the first non-empty cell in the columns `names`, or "" if all are empty."""
    return next((cells[name] for name in names if name in cells), "")
