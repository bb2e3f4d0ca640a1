"""Record ids in paths. Every valid id can appear in a path, even an id with slashes.

A slash may appear unencoded (`/v1/profiles/charity/1000003`) or as `%2F`. If an id ends with the name of a
subresource (`…/history`, `…/contact`, …), its last slash must be written as `%2F`.
"""

from __future__ import annotations

import re
from typing import Annotated, Final
from urllib.parse import quote, unquote

from fastapi import Path
from pydantic import BeforeValidator, TypeAdapter
from starlette.convertors import Convertor, register_url_convertor

from matcher.foundations.errors import InvalidInput, Place
from matcher.records.fields import Id

_SUBRESOURCES: Final = (
    "/history",
    "/contact",
    "/completeness",
    "/export",
    "/claim",
    "/opportunities",
    "/alert",
    "/preview",
    "/confirmation",
    "/publication",
)


class _RecordConvertor(Convertor[str]):
    """The record id in a route pattern, `{id:record}`: any text that does not end with the name of a subresource."""

    # An id without a slash may be the name of a subresource, such as "history".
    regex = "(?:[^/]*|.*" + "".join(f"(?<!{re.escape(name)})" for name in _SUBRESOURCES) + ")"

    def convert(self, value: str) -> str:
        """Return the id as it appears in the path."""
        return value

    def to_string(self, value: str) -> str:
        """Return the id encoded for a path."""
        return quote(value, safe="")


# Starlette looks up convertors by name when a route is created.
register_url_convertor("record", _RecordConvertor())


def _decode(value: object) -> object:
    return unquote(value) if isinstance(value, str) else value


_ID: Final = TypeAdapter[str](Id)


def decoded_id(raw: object) -> str | None:
    """Return the id that `raw` encodes in a path, or None if that id is not valid. No record has an invalid id."""
    try:
        return _ID.validate_python(_decode(raw))
    except ValueError:
        return None


RecordId = Annotated[
    Id,
    BeforeValidator(_decode),
    Path(description="Id of the record. You may write a slash in it as %2F.", examples=["example-charity"]),
]


def check_same_id(body_id: str, path_id: str) -> None:
    """Check that the id in the body, if any, is the same as the id in the path.

    Raises:
        InvalidInput: `body_id` is not empty and differs from `path_id`.

    """
    if body_id and body_id != path_id:
        raise InvalidInput(
            f"is {body_id!r} in the body and {path_id!r} in the path",
            remedy="Send the same id in both, or leave it out of the body",
            place=Place(field="id"),
        )


def path_of(collection: str, id: str) -> str:
    """Return the path of the record `id` in `collection`, such as `needs`."""
    return f"/v1/{collection}/{quote(id, safe='')}"
