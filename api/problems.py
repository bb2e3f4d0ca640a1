"""Problems: every answer that is not what was asked for, as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.routing import Match
from starlette.types import Scope

from api.requests.validation import SHOWN, Finding, findings
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
# When to ask again for what cannot be had right now, in seconds.
RETRY_AFTER: Final = 5
_METHODS: Final = ("GET", "PUT", "POST", "DELETE")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ProblemType:
    """A kind of problem: the last part of its `type`, its status, its title and what a client does about it."""

    slug: str
    status: int
    title: str
    meaning: str

    @property
    def type(self) -> str:
        """The relative URI reference that names the kind, and where it is explained."""
        return f"/problems/{self.slug}"


MALFORMED = ProblemType(
    "malformed",
    400,
    "The body cannot be read",
    "Send one JSON value in UTF-8; where a file is asked for, a whole form.",
)
NOT_SIGNED_IN = ProblemType(
    "not-signed-in", 401, "It is not known who asks", "Send a key in the header Authorization: Bearer mk_…"
)
NOT_PERMITTED = ProblemType(
    "not-permitted", 403, "Who asks may not do this", "Ask your administrator for a role that may; /docs names them."
)
NOT_FOUND = ProblemType(
    "not-found", 404, "There is nothing here", "Check the path and the id. A withdrawn record is gone."
)
NOT_ALLOWED = ProblemType(
    "method-not-allowed", 405, "The method does not fit", "Use a method that the header Allow names."
)
CONFLICT = ProblemType("conflict", 409, "The record does not allow it", "Read the record again, then decide anew.")
PRECONDITION = ProblemType(
    "precondition-failed",
    412,
    "The record has changed",
    "The header If-Match or If-None-Match does not hold. Read the record again and repeat the change with its ETag.",
)
TOO_LARGE = ProblemType(
    "too-large", 413, "The body is too large", "Send at most 2 MiB and 20,000 values; of a file, what the detail says."
)
MEDIA = ProblemType(
    "unsupported-media-type", 415, "The content type does not fit", "Send JSON, or a form where a file is asked for."
)
INVALID = ProblemType(
    "invalid", 422, "The request breaks a rule of its format", "Correct every field that `errors` names, then repeat."
)
TOO_OFTEN = ProblemType(
    "too-many-requests", 429, "Too many requests", "Ask again after the seconds that Retry-After names."
)
UNEXPECTED = ProblemType(
    "unexpected", 500, "Something went wrong here", "The fault is the service's; its log tells more."
)
UNAVAILABLE = ProblemType(
    "unavailable", 503, "The service cannot answer right now", "Ask again after the seconds that Retry-After names."
)
PROBLEM_TYPES: Final = (
    MALFORMED,
    NOT_SIGNED_IN,
    NOT_PERMITTED,
    NOT_FOUND,
    NOT_ALLOWED,
    CONFLICT,
    PRECONDITION,
    TOO_LARGE,
    MEDIA,
    INVALID,
    TOO_OFTEN,
    UNEXPECTED,
    UNAVAILABLE,
)
_HEADERS: Final = {
    UNAVAILABLE.slug: {"Retry-After": str(RETRY_AFTER)},
    NOT_SIGNED_IN.slug: {"WWW-Authenticate": "Bearer"},
}
_BY_STATUS: Final = {kind.status: kind for kind in PROBLEM_TYPES}


class Problem(BaseModel):
    """What went wrong, where, and what to do about it (RFC 9457)."""

    type: str = Field(description="Names the kind of problem; a page of this service explains it.")
    title: str
    status: int
    detail: str = Field(description="What went wrong this time.")
    instance: str = Field(description="Path of the request.")
    field: str | None = Field(None, description="Dotted path of the field that is wrong.")
    remedy: str | None = Field(None, description="What to do about it.")
    errors: list[Finding] | None = Field(None, description=f"Everything that is wrong, at most {SHOWN} findings.")


class RequestRefused(HTTPException):
    """A request that is refused before anything of it reaches the engine."""

    def __init__(self, kind: ProblemType, problem: str, *, remedy: str) -> None:
        super().__init__(kind.status, problem)
        self.kind = kind
        self.remedy = remedy


class PreconditionFailed(UserError):
    """The record is not in the state that If-Match or If-None-Match asks for."""


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem."""
    app.add_exception_handler(UserError, _user_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(AnyHTTPException, _http_error)


def documented(*kinds: ProblemType) -> dict[int | str, dict[str, Any]]:
    """Return the part of a route's description that says which problems it may answer with."""
    return {kind.status: _description(kind) for kind in (*kinds, TOO_OFTEN, UNEXPECTED)}


def answer(
    kind: ProblemType,
    scope: Scope,
    detail: str,
    *,
    field: str | None = None,
    remedy: str | None = None,
    errors: Iterable[Finding] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem as a response."""
    problem = Problem(
        type=kind.type,
        title=kind.title,
        status=kind.status,
        detail=detail,
        instance=_instance(scope),
        field=field,
        remedy=remedy or kind.meaning,
        errors=list(errors) or None,
    )
    own = _HEADERS.get(kind.slug, {})
    # In ASCII: what a client sent and gets back in a message can always be written.
    content = json.dumps(problem.model_dump(exclude_none=True))
    return Response(content, kind.status, {**own, **(headers or {})}, MEDIA_TYPE)


def unexpected(scope: Scope) -> Response:
    """Return the answer to a request on which the service failed; says nothing of why."""
    return answer(UNEXPECTED, scope, "The service failed on this request")


def unavailable(scope: Scope, errors: Iterable[Finding] = ()) -> Response:
    """Return the answer while a part of the service is missing. What exactly is for the operator's log."""
    return answer(UNAVAILABLE, scope, "A part of the service cannot be used right now", errors=errors)


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
    kind = next((kind for type, kind in _USER_ERRORS if isinstance(error, type)), None)
    # Where a place names a file, what is wrong is in the store, not in the request.
    if not isinstance(error, UserError) or kind is None or error.place.file is not None:
        _log.error("%s", error)
        return unexpected(request.scope)
    finding = Finding(field=error.place.field, problem=error.problem, remedy=error.remedy)
    errors = [finding] if kind is INVALID else []
    return answer(kind, request.scope, finding.problem, field=finding.field, remedy=finding.remedy, errors=errors)


async def _invalid_request(request: Request, error: Exception) -> Response:
    found = findings(error.errors() if isinstance(error, RequestValidationError) else [])
    first = found[0]
    detail = f"{first.field}: {first.problem}" if first.field else first.problem
    return answer(INVALID, request.scope, detail, field=first.field, remedy=first.remedy, errors=found)


async def _http_error(request: Request, error: Exception) -> Response:
    if isinstance(error, RequestRefused):
        return answer(error.kind, request.scope, str(error.detail), remedy=error.remedy)
    status = error.status_code if isinstance(error, AnyHTTPException) else UNEXPECTED.status
    kind = _BY_STATUS.get(status, MALFORMED if status < 500 else UNEXPECTED)
    if kind is NOT_ALLOWED:
        allowed = ", ".join(_allowed(request))
        detail = f"{request.method[:20]} is not a method of this path"
        return answer(kind, request.scope, detail, remedy=f"Use {allowed}", headers={"Allow": allowed})
    if kind is NOT_FOUND:
        return answer(kind, request.scope, "There is nothing at this path", remedy="Choose one that /docs lists")
    return answer(kind, request.scope, kind.title)


def _allowed(request: Request) -> list[str]:
    """Return every method of the path. A single route knows only its own."""
    routes = request.app.router.routes
    scopes = {method: {**request.scope, "method": method} for method in _METHODS}
    found = [m for m, scope in scopes.items() if any(route.matches(scope)[0] is Match.FULL for route in routes)]
    return ["HEAD", *found] if "GET" in found else found


def _instance(scope: Scope) -> str:
    raw = scope.get("raw_path")
    return raw.decode("ascii", "replace")[:2_000] if raw else quote(scope["path"])[:2_000]


def _description(kind: ProblemType) -> dict[str, Any]:
    example = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.title,
        "instance": "/v1/…",
        "remedy": kind.meaning,
    }
    if kind is INVALID:
        finding = {"field": "postcode", "problem": "'LS' is not a UK postcode", "remedy": "Give a UK postcode"}
        example |= {"detail": "postcode: 'LS' is not a UK postcode", **finding, "errors": [finding]}
        example.pop("problem")
    schema = {"$ref": "#/components/schemas/Problem"}
    described: dict[str, Any] = {
        "description": f"{kind.title}. {kind.meaning}",
        "content": {MEDIA_TYPE: {"schema": schema, "example": example}},
    }
    if kind is UNAVAILABLE:
        described["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return described
