"""What the permissions table adds to the OpenAPI document: security, refusals, and the roles that may use a route."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI

from api.access.guard import COOKIE, CSRF_HEADER
from api.access.permissions import PERMISSIONS, AccessScope, Permission, Subject
from api.openapi.responses import problem_responses
from api.problems.catalogue import NOT_PERMITTED, NOT_SIGNED_IN, UNAVAILABLE
from api.problems.responses import Problem
from matcher.accounts import Role

_SCHEMES: Final = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key, mk_…, as shown when you made it."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": f"A browser session. Also send the header {CSRF_HEADER} with every change.",
    },
}
_SCOPES_IN_WORDS: Final = {
    AccessScope.OWN: "their own records",
    AccessScope.PUBLISHED: "published records and their own",
    AccessScope.ALL: "all records",
}


def complete_openapi(app: FastAPI) -> None:
    """Add the problem schema, the security schemes and each route's roles to the OpenAPI document of `app`."""
    build = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(build())
        return build()

    app.openapi = openapi  # type: ignore[method-assign]


def _complete(document: dict[str, Any]) -> None:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = document["components"]["schemas"]
    schemas.update(schema.pop("$defs"))
    schemas["Problem"] = schema
    document["components"]["securitySchemes"] = _SCHEMES
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if (permission := PERMISSIONS.get(operation["operationId"])) is not None:
                _complete_operation(method, operation, permission)


def _complete_operation(method: str, operation: dict[str, Any], permission: Permission) -> None:
    operation["security"] = [{name: []} for name in _SCHEMES]
    problem_types = [NOT_SIGNED_IN, UNAVAILABLE, *([NOT_PERMITTED] if may_refuse(method, permission) else [])]
    added = {str(status): response for status, response in problem_responses(*problem_types).items()}
    operation["responses"] = dict(sorted({**added, **operation["responses"]}.items()))
    operation["description"] += f"\n\n{roles_in_words(permission)}"


def may_refuse(method: str, permission: Permission) -> bool:
    """Return whether a route may refuse an authenticated caller.

    The reason may be the caller's role, the record's owner, or a missing CSRF header.
    """
    scopes = {permission.for_role(role) for role in Role}
    checks_owner = AccessScope.OWN in scopes and permission.subject in (Subject.PROFILE, Subject.NEED)
    return method.upper() not in ("GET", "HEAD") or AccessScope.NONE in scopes or checks_owner


def roles_in_words(permission: Permission) -> str:
    """Return a sentence that says which roles may use a route, and on which records."""
    roles_by_scope = {
        scope: [role.value for role in Role if permission.for_role(role) is scope]
        for scope in sorted(_SCOPES_IN_WORDS, reverse=True)
    }
    parts = [f"{', '.join(roles)} ({_SCOPES_IN_WORDS[scope]})" for scope, roles in roles_by_scope.items() if roles]
    return f"Roles: {'; '.join(parts)}."
