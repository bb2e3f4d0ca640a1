"""Award history: past needs and the suppliers that won the awards, stored as one JSON object per line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from matcher.foundations.errors import InvalidInput, Place
from matcher.records import Need, Record, Sector, parse
from matcher.records.fields import Id, Title
from matcher.sources.formats.lines import read_lines
from matcher.sources.formats.strict_json import decode


class Winner(Record):
    """A supplier that won an award."""

    id: Id
    name: Title
    sector: Sector = Sector.UNKNOWN


class _Winners(Record):
    suppliers: Annotated[tuple[Winner, ...], Field(min_length=1, max_length=10_000)]


@dataclass(frozen=True)
class Award:
    """A past need and the suppliers that won the award."""

    need: Need
    winners: tuple[Winner, ...]


def read_awards(path: Path) -> Iterator[Award]:
    """Yield the awards in a JSON Lines file. Each line has a need's fields and `suppliers`: [{id, name, sector}].

    Raises:
        InvalidInput: the file cannot be read, or a line is not an award.

    """
    for raw in read_lines(path):
        place = Place(path.name, raw.number)
        try:
            value = decode(raw.content)
        except ValueError as error:
            raise InvalidInput(
                f"is not JSON: {error}", remedy="Write one JSON object on each line", place=place
            ) from error
        if not isinstance(value, dict):
            raise InvalidInput("is not a JSON object", remedy="Write one JSON object on each line", place=place)
        winners = parse(_Winners, {"suppliers": value.get("suppliers")}, place=place).suppliers
        known = {name: part for name, part in value.items() if name in Need.model_fields and part is not None}
        yield Award(parse(Need, known, place=place), tuple(dict.fromkeys(winners)))
