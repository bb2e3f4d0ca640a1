"""The responses that routes share, as parts of an OpenAPI operation."""

from __future__ import annotations

from typing import Any, Final

from api.problems.catalogue import (
    CONFLICT,
    INVALID,
    MALFORMED,
    MEDIA,
    NOT_FOUND,
    PRECONDITION,
    TOO_LARGE,
    TOO_OFTEN,
    UNAVAILABLE,
    UNEXPECTED,
    ProblemType,
)
from api.problems.responses import MEDIA_TYPE

Responses = dict[int | str, dict[str, Any]]

_ETAG: Final = {
    "ETag": {
        "description": "Sequence number of the revision, in quotes. Send it in If-Match when you change the record.",
        "schema": {"type": "string", "examples": ['"40"']},
    }
}


def json_response(status: int, text: str, example: Any, *, etag: bool = False) -> Responses:
    """Return the JSON response for `status`, described by `text`. If `etag` is true, the response has an ETag."""
    response: dict[str, Any] = {"description": text, "content": {"application/json": {"example": example}}}
    return {status: response | ({"headers": _ETAG} if etag else {})}


def created_response(text: str, example: Any, id_pointer: str, *next_routes: str) -> Responses:
    """Return the 201 response for a route that creates a record, with ETag and Location headers.

    Args:
        text: description of the response.
        example: example of the response body.
        id_pointer: JSON pointer to the new id in the response body.
        next_routes: names of the routes that accept the new id, for OpenAPI links.

    """
    responses = json_response(201, text, example, etag=True)
    location = {"description": "Path of the new record.", "schema": {"type": "string"}}
    responses[201]["headers"] = {**responses[201]["headers"], "Location": location}
    parameters = {"id": f"$response.body#{id_pointer}"}
    responses[201]["links"] = {name: {"operationId": name, "parameters": parameters} for name in next_routes}
    return responses


def problem_responses(*problem_types: ProblemType) -> Responses:
    """Return the responses for `problem_types`, together with the 429 and 500 responses that any route may give."""
    return {kind.status: _problem_response(kind) for kind in (*problem_types, TOO_OFTEN, UNEXPECTED)}


def _problem_response(problem_type: ProblemType) -> dict[str, Any]:
    example = {
        "type": problem_type.type,
        "title": problem_type.title,
        "status": problem_type.status,
        "detail": problem_type.title,
        "instance": "/v1/…",
        "remedy": problem_type.meaning,
    }
    if problem_type is INVALID:
        error = {"field": "postcode", "problem": "'LS' is not a UK postcode", "remedy": "Enter a UK postcode"}
        detail = f"{error['field']}: {error['problem']}"
        example |= {"detail": detail, "field": error["field"], "remedy": error["remedy"], "errors": [error]}
    schema = {"$ref": "#/components/schemas/Problem"}
    response: dict[str, Any] = {
        "description": f"{problem_type.title}. {problem_type.meaning}",
        "content": {MEDIA_TYPE: {"schema": schema, "example": example}},
    }
    if problem_type is UNAVAILABLE:
        response["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return response


# Problem responses for routes that take an id, take a body, withdraw a record, or may conflict with a record's state.
ID_PROBLEMS: Final = problem_responses(NOT_FOUND, INVALID)
BODY_PROBLEMS: Final = problem_responses(MALFORMED, TOO_LARGE, MEDIA, INVALID)
WITHDRAWAL_PROBLEMS: Final = ID_PROBLEMS | problem_responses(PRECONDITION)
CONFLICT_PROBLEMS: Final = ID_PROBLEMS | problem_responses(CONFLICT)
