"""JSON Lines: one record on each line. Each line is accepted or rejected on its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, NoReturn, TypeVar

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.paths import display_path
from matcher.records import Contact, Need, Profile, parse
from matcher.sources.formats.limits import MAX_DIGITS, MAX_LINE
from matcher.sources.formats.lines import RawLine, read_lines
from matcher.sources.formats.strict_json import RepeatedNameError, unique_object

R = TypeVar("R", Profile, Need)
R_co = TypeVar("R_co", covariant=True)

_MAX_FIELD_NAME: Final = 80


@dataclass(frozen=True)
class Accepted(Generic[R_co]):
    """A line that holds a record.

    `contact` holds the contact details from a profile, which are kept apart from the record. `ignored` lists the names
    of fields that the record type does not have. `position` is the number of bytes read so far from the stored file.
    """

    file: str
    number: int
    position: int
    record: R_co
    contact: Contact | None
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class Rejected:
    """A line that cannot be used.

    `problem` says why. `content` holds the bytes of the line, or only the first of them if the line is too long.
    """

    file: str
    number: int
    position: int
    problem: InvalidInput
    content: bytes

    @property
    def text(self) -> str:
        """The line as text. Bytes that are not UTF-8 are escaped."""
        return self.content.decode("utf-8", "backslashreplace")


Line = Accepted[R_co] | Rejected


def read(path: Path, kind: type[R]) -> Iterator[Line[R]]:
    """Yield each line of a JSON Lines file, either as a record of `kind` or with the reason why it was rejected.

    The file may be compressed with gzip. Blank lines are skipped. A field that is null is treated as missing. A
    line that repeats the id of an earlier record is rejected.

    Raises:
        InvalidInput: the file as a whole cannot be used: it cannot be read, has no records, or is damaged.

    """
    file = display_path(path)
    first_line: dict[str, int] = {}
    for raw in read_lines(path):
        place = Place(file, raw.number)
        try:
            record, contact, ignored = _read_line(raw, kind, place)
            if (first := first_line.setdefault(record.id, raw.number)) != raw.number:
                raise _duplicate(record.id, first, place)
        except InvalidInput as problem:
            yield Rejected(file, raw.number, raw.position, problem, raw.content)
        else:
            yield Accepted(file, raw.number, raw.position, record, contact, ignored)


def read_records(path: Path, kind: type[R], *, on_rejected: Callable[[Rejected], object] | None = None) -> Iterator[R]:
    """Yield the records of `kind` in a JSON Lines file.

    Without `on_rejected`, the first line that cannot be used raises an error. Otherwise, `on_rejected` is called with
    each such line and reading continues.

    Raises:
        InvalidInput: the file as a whole cannot be used, or a line cannot be used and there is no `on_rejected`.

    """
    for line in read(path, kind):
        if isinstance(line, Accepted):
            yield line.record
        elif on_rejected is None:
            raise line.problem
        else:
            on_rejected(line)


def _read_line(raw: RawLine, kind: type[R], place: Place) -> tuple[R, Contact | None, tuple[str, ...]]:
    value = _decode(raw, place)
    contact_value = value.pop("contact", None) if kind is Profile else None
    contact = None if contact_value is None else _contact(contact_value, place)
    ignored = tuple(_printable(name) for name in value if name not in kind.model_fields)
    known = {name: part for name, part in value.items() if name in kind.model_fields}
    return parse(kind, known, place=place), contact, ignored


def _contact(value: Any, place: Place) -> Contact:
    try:
        return parse(Contact, value, place=place)
    except InvalidInput as error:
        field = ".".join(part for part in ("contact", error.place.field) if part)
        raise InvalidInput(error.problem, remedy=error.remedy, place=Place(place.file, place.line, field)) from error


def _decode(raw: RawLine, place: Place) -> dict[str, Any]:
    """Return the JSON object on a line, or raise `InvalidInput` if anything is wrong with the line."""
    if raw.cut:
        raise InvalidInput(
            f"is longer than {MAX_LINE:,} bytes",
            remedy="Put one record on each line, and shorten long texts",
            place=place,
        )
    try:
        value = json.loads(
            raw.content.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_whole_number,
        )
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 at byte {error.start + 1}"
        raise InvalidInput(problem, remedy="Save the file as UTF-8", place=place) from error
    except json.JSONDecodeError as error:
        problem = f"is not JSON: {error.msg} at character {error.pos + 1}"
        raise InvalidInput(problem, remedy="Write one JSON object on each line", place=place) from error
    except RecursionError as error:
        problem = "is nested too deeply"
        raise InvalidInput(problem, remedy="See the format of this record in the README", place=place) from error
    except _ValueRefusedError as error:
        raise InvalidInput(
            error.problem, remedy=error.remedy, place=Place(place.file, place.line, error.field)
        ) from error
    if not isinstance(value, dict):
        raise InvalidInput("is not a JSON object", remedy='Write {"id": …, …} on each line', place=place)
    return value


class _ValueRefusedError(ValueError):
    """A value that the JSON parser accepts but that is not allowed in a record."""

    def __init__(self, problem: str, remedy: str, field: str | None = None) -> None:
        super().__init__(problem)
        self.problem, self.remedy, self.field = problem, remedy, field


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    try:
        value = unique_object(pairs)
    except RepeatedNameError as error:
        raise _ValueRefusedError("appears twice in one object", "Give each field once", error.name) from error
    return {name: part for name, part in value.items() if part is not None} if None in value.values() else value


def _refuse_constant(name: str) -> NoReturn:
    raise _ValueRefusedError(f"{name} is not a number in JSON", "Leave out a field if you do not know its value")


def _whole_number(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _ValueRefusedError("a number has too many digits", "Give amounts in pounds")
    return int(digits)


def _printable(name: str) -> str:
    return name[:_MAX_FIELD_NAME].encode("utf-8", "backslashreplace").decode()


def _duplicate(id: str, first: int, place: Place) -> InvalidInput:
    return InvalidInput(
        f"{id!r} is already the id of line {first}",
        remedy="Delete one of the two lines, or give one of them another id",
        place=Place(place.file, place.line, "id"),
    )
