"""Field errors: what is wrong with each field of a request, in the words of the record parser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from matcher.foundations.errors import Place
from matcher.records.parsing import invalid

# A body of 2 MiB can hold several hundred thousand errors, but a list of more than 100 helps nobody.
MAX_FIELD_ERRORS: Final = 100
_MAX_PATH: Final = 300
# Pydantic error types that are passed to the record parser under another type.
_EQUIVALENT_TYPES: Final = {"model_attributes_type": "model_type"}
_REMEDIES: Final = {
    "body": "Send a JSON object with Content-Type: application/json",
    "top": "Give a whole number from 1 to 1000",
    "limit": "Give a whole number from 1 to the maximum shown in /docs",
    "after": "Give the `next` value of the previous page, or leave it out",
    "text": "Describe the need in 1 to 100,000 characters",
    "need_id": "Give the id of a stored need",
    "apply_requirements": "Give true or false",
    "changed_since": "Give a sequence number of the register, 0 or higher",
    "if-match": "Give the ETag of the record, quotes included",
    "if-none-match": "Give * to create a record only if it does not exist",
    "idempotency-key": "Give 1 to 255 printable characters, and use a key again only with the same body",
    "own": "Give true or false",
    "draft": "Give true or false, or leave it out",
    "grant": "Give true or false",
    "band": "Give one of: strong, possible, unlikely",
    "telephone": "Give 5 to 30 digits, with optional + ( ) - and spaces, or leave the field out",
}
_UNKNOWN: Final = "Leave it out; the API description at /docs lists every field"
_REQUIRED: Final = "Add it; the API description at /docs shows an example"


class FieldError(BaseModel):
    """One error in a request: the dotted path of the field, the problem and the remedy."""

    field: str | None = None
    problem: str
    remedy: str


def field_errors(errors: Iterable[Mapping[str, Any]]) -> list[FieldError]:
    """Return the field errors for the first `MAX_FIELD_ERRORS` of Pydantic's `errors`, in order."""
    return [_field_error(error) for error in islice(errors, MAX_FIELD_ERRORS)]


def _field_error(error: Mapping[str, Any]) -> FieldError:
    error_type = _EQUIVALENT_TYPES.get(error["type"], error["type"])
    source, *path = error["loc"]
    # Integers in a path are list positions. Any other part may be a field name that the client made up, of any length.
    location = tuple(part if isinstance(part, int) else str(part)[:_MAX_PATH] for part in path or [source])
    detail = InitErrorDetails(type=PydanticCustomError(error_type, error["msg"]), loc=location, input=None)
    worded = invalid(ValidationError.from_exception_data("request", [detail]), Place())
    name = next((str(part) for part in reversed(location) if isinstance(part, str)), "")
    remedy = _UNKNOWN if error_type == "extra_forbidden" else _REMEDIES.get(name)
    if remedy is None:
        remedy = _REQUIRED if error_type == "missing" else worded.remedy
    field = (worded.place.field or name)[:_MAX_PATH]
    return FieldError(field=field, problem=worded.problem, remedy=remedy.replace("in the README", "at /docs"))
