"""Rows from public registers, and how they are turned into statements. The register readers share this module."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import ijson

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.personal_data import redact
from matcher.records import Profile
from matcher.records.text import clean
from matcher.sources.formats.containers import Stream, members, opened
from matcher.sources.formats.depth_limit import NOT_A_NUMBER, DepthLimitedFile
from matcher.sources.formats.items import Item
from matcher.sources.formats.tables import read_table
from matcher.sources.lenient_parsing import parse_leniently
from matcher.sources.ocds.parties import proposed_id
from matcher.sources.statement import Origin, Statement, Tally

ENDINGS: Final = (".csv", ".txt", ".json", ".csv.gz", ".txt.gz", ".json.gz", ".zip")
_INSIDE: Final = (".csv", ".txt", ".json")
_MISSING: Final = (None, "", NOT_A_NUMBER)

# The non-empty cells in a row, by lower-case column name.
Cells = dict[str, str]


@dataclass(frozen=True)
class RowContext:
    """Where a row was read, and the tally that counts what is dropped from the row."""

    source: str
    file: str
    place: str
    tally: Tally

    def statement(
        self,
        record: str,
        fields: dict[str, Any],
        *,
        place: str | None = None,
        stated: date | None = None,
        ended: bool = False,
        known_only: bool = False,
    ) -> Statement:
        """Return a statement with the profile fields in `fields`, leaving out contact details and any invalid parts.

        `place` replaces the row's own place in the origin. See `Statement` for the other arguments.

        Raises:
            InvalidInput: the name in `fields` is empty. A statement about suppliers already known may omit the name.

        """
        if "name" in fields and not fields["name"]:
            where = Place(self.file, field=f"{record}.name" if record else "name")
            raise InvalidInput("is missing", remedy="Report this to the register, or skip the row", place=where)
        present = {
            name: _without_contacts(value, self.tally)
            for name, value in fields.items()
            if value not in (None, "", [], {})
        }
        values = {"id": "unknown", "name": record, **present}
        profile = parse_leniently(Profile, values, self.tally, Place(self.file, field=record))
        left_out = {"id"} if "name" in fields else {"id", "name"}
        stored = profile.model_dump(mode="json", exclude_defaults=True, exclude_none=True, exclude=left_out)
        return Statement(
            self.source,
            record,
            stored,
            Origin(self.file, place or self.place, stated),
            proposed_id(profile.name, stored.get("identifiers", {})),
            ended=ended,
            known_only=known_only,
        )


# A function that returns the statements in a row, or an empty list if the row says nothing about a supplier.
RowParser = Callable[[Cells, RowContext], list[Statement]]


def read_register(
    path: Path, source: str, required: tuple[str, ...], parse_row: RowParser, tally: Tally
) -> Iterator[Item[list[Statement]]]:
    """Yield the statements in each row of a file from `source`. The file is a table or a JSON list of objects.

    `required` names the columns that a table must have, in lower case.

    Raises:
        InvalidInput: the file as a whole cannot be used.

    """
    for member in members(path, _INSIDE):
        with opened(path, member) as stream:
            for place, cells, problem in _rows(stream, required):
                tally.counts["rows read"] += 1
                context = RowContext(source, stream.name, f"line {place.line}", tally)
                try:
                    if problem:
                        raise problem
                    statements = parse_row(cells, context)
                except InvalidInput as error:
                    yield Item(stream.position(), problem=error)
                else:
                    yield Item(stream.position(), statements)


def _rows(stream: Stream, required: tuple[str, ...]) -> Iterator[tuple[Place, Cells, InvalidInput | None]]:
    if stream.is_json:
        yield from _objects(stream)
        return
    for row in read_table(stream, required):
        yield Place(stream.name, row.line), row.cells, row.problem


def _objects(stream: Stream) -> Iterator[tuple[Place, Cells, InvalidInput | None]]:
    try:
        file = DepthLimitedFile(cast("BinaryIO", stream.file), stream.name)
        values = ijson.items(file, "item", use_float=True)
        for number, value in enumerate(values, start=1):
            place = Place(stream.name, number)
            if isinstance(value, dict):
                yield place, {name.lower(): _cell(part) for name, part in value.items() if part not in _MISSING}, None
            else:
                yield place, {}, InvalidInput("is not an object", remedy="Download the file again", place=place)
    except ijson.JSONError as error:
        problem = f"is not JSON: {str(error).splitlines()[0]}"
        raise InvalidInput(problem, remedy="Download the file again", place=Place(file=stream.name)) from error


def _cell(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _without_contacts(value: Any, tally: Tally) -> Any:
    if isinstance(value, str):
        text, removed = redact(clean(value))
        tally.counts["contact details in texts"] += removed
        return text
    if isinstance(value, list):
        return [_without_contacts(item, tally) for item in value]
    if isinstance(value, dict):
        return {name: _without_contacts(part, tally) for name, part in value.items()}
    return value


def parse_day(text: str | None) -> date | None:
    """Return the date at the beginning of `text`, or None if there is none.

    Texts such as "2015-03-02 00:00:00", "2015-03-02T00:00:00" and "02/03/2015" are supported.
    """
    try:
        if text and (parts := re.match(r"(\d\d)/(\d\d)/(\d{4})", text)):
            return date(int(parts[3]), int(parts[2]), int(parts[1]))
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None
