"""Registers: what the readers of public registers share: how a row becomes a statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import ijson

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.personal_data import redact
from matcher.records import Profile
from matcher.records.text import clean
from matcher.sources.formats.containers import Stream, members, opened
from matcher.sources.formats.tables import read_table
from matcher.sources.lenient_parsing import fit
from matcher.sources.ocds.parties import proposed_id
from matcher.sources.statement import Origin, Source, Statement, Tally

ENDINGS: Final = (".csv", ".txt", ".json", ".csv.gz", ".txt.gz", ".json.gz", ".zip")
_INSIDE: Final = (".csv", ".txt", ".json")

Cells = dict[str, str]
# Makes statements of a row; an empty list where it is none of our business.
Speak = Callable[[Cells, Origin, Tally], list[Statement]]


@dataclass(frozen=True)
class Spoken:
    """What one row of a register says, or why it cannot be used; `position` as in `Stream`."""

    statements: list[Statement]
    problem: InvalidInput | None
    place: Place
    position: int


def read_register(path: Path, needed: tuple[str, ...], speak: Speak, tally: Tally) -> Iterator[Spoken]:
    """Yield what each row of a register's file says: a table, or a JSON list of objects.

    Raises:
        InvalidInput: the file as a whole cannot be used.

    """
    for member in members(path, _INSIDE):
        with opened(path, member) as stream:
            for place, cells, problem in _rows(stream, needed):
                tally.counts["rows read"] += 1
                try:
                    if problem:
                        raise problem
                    said = speak(cells, Origin(stream.name, f"line {place.line}"), tally)
                except InvalidInput as error:
                    yield Spoken([], error, place, stream.position())
                else:
                    yield Spoken(said, None, place, stream.position())


def _rows(stream: Stream, needed: tuple[str, ...]) -> Iterator[tuple[Place, Cells, InvalidInput | None]]:
    # A buffered reader's peek; a table's first line never begins with a bracket.
    if stream.file.peek(1)[:1] in (b"[", b"{"):
        yield from _objects(stream)
        return
    for row in read_table(stream, needed):
        yield Place(stream.name, row.line), row.cells, row.problem


def _objects(stream: Stream) -> Iterator[tuple[Place, Cells, InvalidInput | None]]:
    try:
        for number, value in enumerate(ijson.items(stream.file, "item", use_float=True), start=1):
            place = Place(stream.name, number)
            if isinstance(value, dict):
                yield place, {name.lower(): _cell(part) for name, part in value.items() if part not in (None, "")}, None
            else:
                yield place, {}, InvalidInput("is not an object", remedy="Fetch the file again", place=place)
    except ijson.JSONError as error:
        problem = f"is not JSON: {str(error).splitlines()[0]}"
        raise InvalidInput(problem, remedy="Fetch the file again", place=Place(file=stream.name)) from error


def _cell(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def statement(
    source: Source, record: str, fields: dict[str, Any], origin: Origin, tally: Tally, **more: Any
) -> Statement:
    """Return a statement of `fields` (as in a profile, without id), its texts without contact details and less
    what no profile may hold. What concerns known suppliers only needs no name.
    """
    if "name" in fields and not fields["name"]:
        place = Place(origin.file, field=f"{record}.name" if record else "name")
        raise InvalidInput("is missing", remedy="Take it up with the register, or skip it", place=place)
    given = {name: _scrubbed(value, tally) for name, value in fields.items() if value not in (None, "", [], {})}
    profile = fit(Profile, {"id": "unknown", "name": record, **given}, tally, Place(origin.file, field=record))
    left_out = {"id"} if "name" in fields else {"id", "name"}
    said = profile.model_dump(mode="json", exclude_defaults=True, exclude_none=True, exclude=left_out)
    proposed = proposed_id(profile.name, said.get("identifiers", {}))
    return Statement(source, record, said, origin, proposed, known_only=more.pop("known_only", False), **more)


def _scrubbed(value: Any, tally: Tally) -> Any:
    if isinstance(value, str):
        text, found = redact(clean(value))
        tally.counts["contact details in texts"] += found
        return text
    if isinstance(value, list):
        return [_scrubbed(item, tally) for item in value]
    if isinstance(value, dict):
        return {name: _scrubbed(part, tally) for name, part in value.items()}
    return value


def day(text: str | None) -> date | None:
    """Return the day that a register means by "2015-03-02 00:00:00", "2015-03-02T00:00:00" or "02/03/2015"."""
    try:
        if text and (found := re.match(r"(\d\d)/(\d\d)/(\d{4})", text)):
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None
