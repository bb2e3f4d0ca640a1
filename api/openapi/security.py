"""Description: what the table of permissions adds to the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI

from api import problems
from api.access.guard import COOKIE, CSRF_HEADER
from api.access.permissions import PERMISSIONS, Permission, Reach, Subject
from api.problems import NOT_PERMITTED, NOT_SIGNED_IN, UNAVAILABLE
from matcher.accounts import Role

_SCHEMES: Final = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key, mk_…, as it was shown when it was made."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": f"A browser session. With every change, {CSRF_HEADER} must be sent, too.",
    },
}
_SAID: Final = {Reach.OWN: "its own", Reach.PUBLISHED: "what is published and its own", Reach.ALL: "all"}


def describe(app: FastAPI) -> None:
    """Complete the OpenAPI document of `app`: problems, security, who may do what."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(described())
        return described()

    app.openapi = openapi  # type: ignore[method-assign]


def _complete(document: dict[str, Any]) -> None:
    schema = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = document["components"]["schemas"]
    schemas.update(schema.pop("$defs"))
    schemas["Problem"] = schema
    document["components"]["securitySchemes"] = _SCHEMES
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if (permission := PERMISSIONS.get(operation["operationId"])) is not None:
                _guard(method, operation, permission)


def _guard(method: str, operation: dict[str, Any], permission: Permission) -> None:
    operation["security"] = [{name: []} for name in _SCHEMES]
    kinds = [NOT_SIGNED_IN, UNAVAILABLE, *([NOT_PERMITTED] if may_refuse(method, permission) else [])]
    added = {str(code): answer for code, answer in problems.documented(*kinds).items()}
    operation["responses"] = dict(sorted({**added, **operation["responses"]}.items()))
    operation["description"] += f"\n\n{who_may(permission)}"


def may_refuse(method: str, permission: Permission) -> bool:
    """Whether a route can be refused to somebody who is known: by role, by owner, or for a missing CSRF header."""
    reaches = {permission.of(role) for role in Role}
    owned = Reach.OWN in reaches and permission.subject in (Subject.PROFILE, Subject.NEED)
    return method.upper() not in ("GET", "HEAD") or Reach.NONE in reaches or owned


def who_may(permission: Permission) -> str:
    """Return a sentence that says which roles may use a route."""
    by_reach = {
        reach: [role.value for role in Role if permission.of(role) is reach] for reach in sorted(_SAID, reverse=True)
    }
    told = [f"{', '.join(roles)} ({_SAID[reach]})" for reach, roles in by_reach.items() if roles]
    return f"Who may: {'; '.join(told)}."
