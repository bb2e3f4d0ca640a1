"""Parse untrusted values into records. A failure raises `InvalidInput`, which names the field and the remedy."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from matcher.foundations.errors import InvalidInput, Place
from matcher.records.fields import REMEDIES, STORED

_WORDING: Final = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of this record",
    "string_type": "must be text",
    "string_pattern_mismatch": "has the wrong format or a character that is not allowed",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "tuple_type": "must be a list",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
}


class Record(BaseModel):
    """Base class of all records: immutable, compared by value, with no unknown fields allowed."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


R = TypeVar("R", bound=Record)


def parse(kind: type[R], value: Any, *, place: Place | None = None, stored: bool = False) -> R:
    """Return `value`, a decoded JSON value, as a record of type `kind`.

    `stored` says that `value` was validated before it was stored, perhaps by an earlier version. Register numbers in it
    stay as they were written, so that old decisions replay.

    Raises:
        InvalidInput: `value` is not valid. The error carries `place` and the dotted path of the first invalid field.

    """
    try:
        return kind.model_validate(value, context={STORED: stored})
    except ValidationError as error:
        raise invalid(error, place or Place()) from error


def invalid(error: ValidationError, place: Place) -> InvalidInput:
    """Return the first problem in `error` as an `InvalidInput` at `place`."""
    problems = error.errors(include_url=False, include_input=False)
    first = problems[0]
    path = [str(part) for part in first["loc"]]
    message = _WORDING.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    names = [part for part in path if not part.isdigit()]
    remedy = REMEDIES.get(names[-1] if names else "", "See the format of this record in the README")
    more = f" (and {len(problems) - 1} more in this record)" if len(problems) > 1 else ""
    field = ".".join(path) or None
    problem = message if field is None else message.lower() if message.startswith("Input") else message
    return InvalidInput(problem + more, remedy=remedy, place=Place(place.file, place.line, field))
