"""Reference tables: the plain facts in `data/reference/`, read at first use."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent.parent / "data" / "reference"


@dataclass(frozen=True)
class PostcodeArea:
    """The letters a postcode begins with: the region most of its addresses are in, and its middle (WGS 84)."""

    region: str
    latitude: float
    longitude: float


@cache
def postcode_areas() -> dict[str, PostcodeArea]:
    """Return the postcode areas of Great Britain and Northern Ireland by their letters."""
    return {
        row["area"]: PostcodeArea(row["region"], float(row["latitude"]), float(row["longitude"]))
        for row in _rows("postcode_areas.csv")
    }


@cache
def places() -> dict[str, str]:
    """Return the region of each place whose name, in lower case, tells it: counties, cities, boroughs."""
    return {row["place"]: row["region"] for row in _rows("places.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
