"""Paths: ids in them may hold any character of an id, the slash among them.

A slash may stand as it is (`/v1/profiles/charity/1000003`) or as `%2F`. Only an id that ends in the name of
a part of a record (`…/history`, `…/contact`, …) has to have that slash written as `%2F`.
"""

from __future__ import annotations

import re
from typing import Annotated, Final
from urllib.parse import quote, unquote

from fastapi import Path
from pydantic import BeforeValidator, TypeAdapter
from starlette.convertors import Convertor, register_url_convertor
from starlette.types import ASGIApp, Receive, Scope, Send

from matcher.foundations.errors import InvalidInput, Place
from matcher.records.fields import Id

_PARTS: Final = (
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
# The slash; the line break, which a route's pattern ends at; the per cent sign, so that all this can be undone.
_KEPT: Final = re.compile(rb"%(2[fF]|0[aA]|25)")


class _RecordConvertor(Convertor[str]):
    """The id of a record in the pattern of a route, `{id:record}`: any text that does not end in a part's name."""

    # Without a slash in it, an id may be just "history".
    regex = "(?:[^/]*|.*" + "".join(f"(?<!{re.escape(part)})" for part in _PARTS) + ")"

    def convert(self, value: str) -> str:
        """Return the id as the path has it."""
        return value

    def to_string(self, value: str) -> str:
        """Return the id as it is to stand in a path."""
        return quote(value, safe="")


# Starlette looks convertors up by name when a route is made.
register_url_convertor("record", _RecordConvertor())


class EncodedSlashes:
    """Keeps `%2F` and `%0A` in the path that routes are matched against, so that they never part an id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with the path as it is to be matched."""
        if scope["type"] == "http" and _KEPT.search(raw := scope.get("raw_path") or b""):
            scope = {**scope, "path": unquote(_KEPT.sub(rb"%25\1", raw).decode("ascii", "replace"))}
        await self._app(scope, receive, send)


def _decoded(value: object) -> object:
    if not isinstance(value, str):
        return value
    return unquote(value)


_ID: Final = TypeAdapter[str](Id)


def decoded_id(raw: object) -> str | None:
    """Return the id that the raw part of a path names, None where it is no id: then there is no such record."""
    try:
        return _ID.validate_python(_decoded(raw))
    except ValueError:
        return None


RecordId = Annotated[
    Id,
    BeforeValidator(_decoded),
    Path(description="Id of the record. A slash in it may be written as %2F.", examples=["example-charity"]),
]


def same_id(sent: str, id: str) -> None:
    """Check that a body that brings an id brings that of the path.

    Raises:
        InvalidInput: it brings another.

    """
    if sent and sent != id:
        raise InvalidInput(
            f"is {sent!r} in the body and {id!r} in the path",
            remedy="Give the same id in both, or leave it out of the body",
            place=Place(field="id"),
        )


def path_of(noun: str, id: str) -> str:
    """Return the path of a record."""
    return f"/v1/{noun}/{quote(id, safe='')}"
