"""Problem responses, and the handlers that turn every error in the service into a problem response."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Match
from starlette.types import Scope

from api.problems.catalogue import (
    CONFLICT,
    INVALID,
    MALFORMED,
    NOT_ALLOWED,
    NOT_FOUND,
    NOT_PERMITTED,
    NOT_SIGNED_IN,
    PRECONDITION,
    PROBLEM_TYPES,
    UNAVAILABLE,
    UNEXPECTED,
    ProblemType,
)
from api.problems.field_errors import MAX_FIELD_ERRORS, FieldError, field_errors
from matcher.foundations.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    NotPermitted,
    NotSignedIn,
    Unavailable,
    UserError,
)

MEDIA_TYPE: Final = "application/problem+json"
# Seconds after which a client may try again when the service is unavailable.
RETRY_AFTER: Final = 5
_METHODS: Final = ("GET", "PUT", "POST", "DELETE")
_HEADERS: Final = {
    UNAVAILABLE.slug: {"Retry-After": str(RETRY_AFTER)},
    NOT_SIGNED_IN.slug: {"WWW-Authenticate": "Bearer"},
}
_BY_STATUS: Final = {problem_type.status: problem_type for problem_type in PROBLEM_TYPES}

_log = logging.getLogger(__name__)


class Problem(BaseModel):
    """What went wrong, where, and what to do about it (RFC 9457)."""

    type: str = Field(description="Identifies the type of problem. A page of this service explains it.")
    title: str
    status: int
    detail: str = Field(description="What went wrong with this request.")
    instance: str = Field(description="Path of the request.")
    field: str | None = Field(None, description="Dotted path of the field that is wrong.")
    remedy: str | None = Field(None, description="What to do about it.")
    errors: list[FieldError] | None = Field(
        None, description=f"The errors in the request, up to the first {MAX_FIELD_ERRORS}."
    )


class RequestRefused(HTTPException):
    """The service refuses the request before any part of the request reaches the engine."""

    def __init__(
        self, problem_type: ProblemType, problem: str, *, remedy: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(problem_type.status, problem, dict(headers or {}))
        self.problem_type = problem_type
        self.remedy = remedy


class PreconditionFailed(UserError):
    """The record is not in the state that If-Match or If-None-Match requires."""


def install(app: FastAPI) -> None:
    """Make `app` answer every handled error with a problem response."""
    app.add_exception_handler(UserError, _user_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(StarletteHTTPException, _http_error)


def problem_response(
    problem_type: ProblemType,
    scope: Scope,
    detail: str,
    *,
    field: str | None = None,
    remedy: str | None = None,
    errors: Iterable[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a response that reports a problem with the request in `scope`.

    Args:
        problem_type: supplies the status, the title and, unless `remedy` is given, the remedy.
        scope: ASGI scope of the request. The path of the request becomes `instance`.
        detail: what went wrong with this request.
        field: dotted path of the field that is wrong, if the problem is with one field.
        remedy: what the client can do about the problem.
        errors: the individual errors. The response body leaves out an empty list.
        headers: added to the problem type's headers, replacing any with the same name.

    """
    problem = Problem(
        type=problem_type.type,
        title=problem_type.title,
        status=problem_type.status,
        detail=detail,
        instance=_instance(scope),
        field=field,
        remedy=remedy or problem_type.meaning,
        errors=list(errors) or None,
    )
    type_headers = _HEADERS.get(problem_type.slug, {})
    # `json.dumps` escapes everything except ASCII, so any text from the client can be encoded, even lone surrogates.
    content = json.dumps(problem.model_dump(exclude_none=True))
    return Response(content, problem_type.status, {**type_headers, **(headers or {})}, MEDIA_TYPE)


def unexpected(scope: Scope) -> Response:
    """Return the response to a request that the service failed to handle, without revealing the cause."""
    return problem_response(UNEXPECTED, scope, "The service failed on this request")


def unavailable(scope: Scope, errors: Iterable[FieldError] = ()) -> Response:
    """Return the response to use when part of the service is unavailable, without revealing the cause."""
    return problem_response(UNAVAILABLE, scope, "Part of the service is unavailable", errors=errors)


_USER_ERRORS: Final[tuple[tuple[type[UserError], ProblemType], ...]] = (
    (InvalidInput, INVALID),
    (NotSignedIn, NOT_SIGNED_IN),
    (NotPermitted, NOT_PERMITTED),
    (NotFound, NOT_FOUND),
    (PreconditionFailed, PRECONDITION),
    (Conflict, CONFLICT),
)


async def _user_error(request: Request, error: Exception) -> Response:
    if isinstance(error, Unavailable):
        _log.warning("%s", error)
        return unavailable(request.scope)
    problem_type = next((kind for error_type, kind in _USER_ERRORS if isinstance(error, error_type)), None)
    # An error whose place is a file comes from stored data, not from the request.
    if not isinstance(error, UserError) or problem_type is None or error.place.file is not None:
        _log.error("%s", error)
        return unexpected(request.scope)
    entry = FieldError(field=error.place.field, problem=error.problem, remedy=error.remedy)
    return problem_response(
        problem_type,
        request.scope,
        entry.problem,
        field=entry.field,
        remedy=entry.remedy,
        errors=[entry] if problem_type is INVALID else [],
    )


async def _invalid_request(request: Request, error: Exception) -> Response:
    errors = field_errors(error.errors() if isinstance(error, RequestValidationError) else [])
    first = errors[0]
    detail = f"{first.field}: {first.problem}" if first.field else first.problem
    return problem_response(INVALID, request.scope, detail, field=first.field, remedy=first.remedy, errors=errors)


async def _http_error(request: Request, error: Exception) -> Response:
    if isinstance(error, RequestRefused):
        return problem_response(
            error.problem_type, request.scope, str(error.detail), remedy=error.remedy, headers=error.headers
        )
    status = error.status_code if isinstance(error, StarletteHTTPException) else UNEXPECTED.status
    problem_type = _BY_STATUS.get(status, MALFORMED if status < 500 else UNEXPECTED)
    if problem_type is NOT_ALLOWED:
        allowed = ", ".join(_allowed_methods(request))
        detail = f"This path does not support the method {request.method[:20]}"
        return problem_response(NOT_ALLOWED, request.scope, detail, remedy=f"Use {allowed}", headers={"Allow": allowed})
    if problem_type is NOT_FOUND:
        return problem_response(NOT_FOUND, request.scope, "No route has this path", remedy="Use a path listed at /docs")
    return problem_response(problem_type, request.scope, problem_type.title)


def _allowed_methods(request: Request) -> list[str]:
    """Return every method for which the path of `request` has a route."""
    routes = request.app.router.routes
    scopes = {method: {**request.scope, "method": method} for method in _METHODS}
    methods = [m for m, scope in scopes.items() if any(route.matches(scope)[0] is Match.FULL for route in routes)]
    return ["HEAD", *methods] if "GET" in methods else methods


def _instance(scope: Scope) -> str:
    raw = scope.get("raw_path")
    return raw.decode("ascii", "replace")[:2_000] if raw else quote(scope["path"])[:2_000]
