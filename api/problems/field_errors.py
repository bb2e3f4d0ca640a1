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
# Pydantic error types that are replaced by another type before the record parser describes the error.
_EQUIVALENT_TYPES: Final = {"model_attributes_type": "model_type"}
_REMEDIES: Final = {
    "body": "Send a JSON object with Content-Type: application/json",
    "top": "Send a whole number from 1 to 1000",
    "limit": "Send a whole number from 1 to the maximum shown in /docs",
    "after": "Send the `next` value of the previous page, or leave it out",
    "text": "Describe the need in 1 to 100,000 characters",
    "need_id": "Send the id of a stored need",
    "apply_requirements": "Send true or false",
    "changed_since": "Send a sequence number of the register, 0 or higher",
    "if-match": "Send the ETag of the record, including the quotes",
    "if-none-match": "Send * to create a record only if it does not exist",
    "idempotency-key": "Send 1 to 255 printable characters, and reuse a key only with the same body",
    "own": "Send true or false",
    "draft": "Send true or false, or leave it out",
    "grant": "Send true or false",
    "band": "Send one of: strong, possible, unlikely",
    "telephone": "Send 5 to 30 digits, which may include + ( ) - and spaces, or leave the field out",
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
    # Integers in a path are list positions. Other parts may be field names of any length, invented by the client.
    location = tuple(part if isinstance(part, int) else str(part)[:_MAX_PATH] for part in path or [source])
    detail = InitErrorDetails(type=PydanticCustomError(error_type, error["msg"]), loc=location, input=None)
    worded = invalid(ValidationError.from_exception_data("request", [detail]), Place())
    name = next((str(part) for part in reversed(location) if isinstance(part, str)), "")
    remedy = _UNKNOWN if error_type == "extra_forbidden" else _REMEDIES.get(name)
    if remedy is None:
        remedy = _REQUIRED if error_type == "missing" else worded.remedy
    field = (worded.place.field or name)[:_MAX_PATH]
    return FieldError(field=field, problem=worded.problem, remedy=remedy.replace("in the README", "at /docs"))
