"""The care directory of the Care Quality Commission: one CSV row a location where regulated care is given.

Published weekly under "Care directory" at https://www.cqc.org.uk/about-us/transparency/using-cqc-data. The column
names stand on the fifth line, below a title and the day of production; in the directory "with filters" they
are the first line and are called otherwise. A provider is one supplier, each of its locations a statement
about it. Telephone numbers and addresses are not taken, and providers who are persons by name are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from matcher.records.places import regions_of_place
from matcher.records.vocabulary import find_region
from matcher.sources.ocds.parties import is_person, number_of
from matcher.sources.register_rows import Cells, Spoken, day, read_register, statement
from matcher.sources.statement import Origin, Source, Statement, Tally

_PROVIDER: Final = ("cqc provider id (for office use only)", "cqc provider id", "provider id")
_LOCATION: Final = ("cqc location id (for office use only)", "cqc location id", "location id")
_FILTER: Final = "service type - "


def read(path: Path, tally: Tally) -> Iterator[Spoken]:
    """Yield what each location's row says; raises as `read_register`."""
    yield from read_register(path, ("provider name",), _speak, tally)


def _speak(cells: Cells, origin: Origin, tally: Tally) -> list[Statement]:
    provider, location, name = _first(cells, _PROVIDER), _first(cells, _LOCATION), cells.get("provider name", "")
    tally.counts["contact points"] += bool(_first(cells, ("phone number", "location telephone number")))
    if is_person(name, ()) or cells.get("provider ownership type", "").lower() == "individual":
        tally.counts["suppliers who are persons"] += 1
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
    stated = day(cells.get("date of latest check"))
    said = statement(Source.CQC, location or provider, fields, Origin(origin.file, origin.place, stated), tally)
    return [said]


def _services(cells: Cells) -> str:
    if given := cells.get("service types"):
        return ", ".join(given.replace("|", ",").split(","))
    ticked = (name for name, cell in cells.items() if name.startswith(_FILTER) and cell.lower() in ("y", "yes"))
    return ", ".join(name.removeprefix(_FILTER).capitalize() for name in sorted(ticked))


def _identifiers(provider: str, cells: Cells) -> dict[str, str]:
    company, charity = cells.get("provider companies house number"), cells.get("provider charity number")
    given = {"cqc": provider, "company": number_of("company", company or ""), "charity": charity or ""}
    return {kind: number for kind, number in given.items() if number}


def _regions(cells: Cells) -> list[str]:
    region = _first(cells, ("region", "location region"))
    if found := find_region(region):
        return [found.value]
    authority = _first(cells, ("local authority", "location local authority"))
    return sorted(region.value for region in regions_of_place(authority)) if authority else []


def _first(cells: Cells, names: tuple[str, ...]) -> str:
    return next((cells[name] for name in names if name in cells), "")
