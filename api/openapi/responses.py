"""Descriptions of answers that several routes share."""

from __future__ import annotations

from typing import Any, Final

_ETAG: Final = {
    "ETag": {
        "description": "Sequence number of the revision, in quotes. Send it as If-Match with a change.",
        "schema": {"type": "string", "examples": ['"40"']},
    }
}


def described(status: int, text: str, example: Any, *, revision: bool = False) -> dict[int | str, dict[str, Any]]:
    """Return the part of a route's description for an answer in JSON, with its ETag where it is a revision."""
    answer: dict[str, Any] = {"description": text, "content": {"application/json": {"example": example}}}
    return {status: answer | ({"headers": _ETAG} if revision else {})}


def created(text: str, example: Any, id: str, *next: str) -> dict[int | str, dict[str, Any]]:
    """Return the part of a route's description for what was created: where it is, its ETag, and what comes next.

    Args:
        id: where in the answer the id stands, as a JSON pointer.
        next: names of the routes that the id may be given to.

    """
    answer = described(201, text, example, revision=True)
    location = {"description": "Path of what was created.", "schema": {"type": "string"}}
    answer[201]["headers"] = {**answer[201]["headers"], "Location": location}
    given = {"id": f"$response.body#{id}"}
    answer[201]["links"] = {name: {"operationId": name, "parameters": given} for name in next}
    return answer
