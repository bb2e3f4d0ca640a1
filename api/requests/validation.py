"""Findings: what is wrong with a request, field by field, in the words of the records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from matcher.foundations.errors import Place
from matcher.records.parsing import invalid

# More would help nobody, and a body of 2 MiB can hold some hundred thousand mistakes.
SHOWN: Final = 100
_LONGEST_PATH: Final = 300
# Findings named alike by the records under one of their own types.
_SAME: Final = {"model_attributes_type": "model_type"}
_REMEDIES: Final = {
    "body": "Send a JSON object with Content-Type: application/json",
    "top": "Give a whole number from 1 to 1000",
    "limit": "Give a whole number from 1 to the highest that /docs names",
    "after": "Give the `next` of the page before, or leave it out",
    "text": "Say what is needed in 1 to 100,000 characters",
    "need_id": "Give the id of a stored need",
    "apply_requirements": "Give true or false",
    "changed_since": "Give a sequence number of the register, not negative",
    "if-match": "Give the ETag of the record, quotes included",
    "if-none-match": "Give * to create a record that must not exist yet",
    "idempotency-key": "Give 1 to 255 characters that can be printed, the same again only with the same body",
    "own": "Give true or false",
    "draft": "Give true or false, or leave it out",
    "grant": "Give true or false",
    "band": "Give one of: strong, possible, unlikely",
    "telephone": "Give 5 to 30 digits, with + ( ) - and spaces between them, or leave the field out",
}
_UNKNOWN: Final = "Leave it out; the API description at /docs names every field"
_REQUIRED: Final = "Give it; the API description at /docs shows an example"


class Finding(BaseModel):
    """One thing that is wrong: the field as a dotted path, what is wrong with it, what to do about it."""

    field: str | None = None
    problem: str
    remedy: str


def findings(errors: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Return the first things a refused request did wrong, in the order in which they were found."""
    return [_finding(error) for error in islice(errors, SHOWN)]


def _finding(error: Mapping[str, Any]) -> Finding:
    kind = _SAME.get(error["type"], error["type"])
    where, *path = error["loc"]
    # Numbers in a path are positions in lists; a client may have named a field with anything.
    location = tuple(part if isinstance(part, int) else str(part)[:_LONGEST_PATH] for part in path or [where])
    detail = InitErrorDetails(type=PydanticCustomError(kind, error["msg"]), loc=location, input=None)
    found = invalid(ValidationError.from_exception_data("request", [detail]), Place())
    name = next((str(part) for part in reversed(location) if isinstance(part, str)), "")
    remedy = _UNKNOWN if kind == "extra_forbidden" else _REMEDIES.get(name)
    if remedy is None:
        remedy = _REQUIRED if kind == "missing" else found.remedy
    field = (found.place.field or name)[:_LONGEST_PATH]
    return Finding(field=field, problem=found.problem, remedy=remedy.replace("in the README", "at /docs"))
