"""The caller of the service, and browser sessions."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api.access.guard import COOKIE, CSRF_HEADER, CallerAccess, GuardedRoute
from api.openapi import examples
from api.openapi.responses import json_response, problem_responses
from api.problems.catalogue import CONFLICT
from api.service import RunningService
from matcher.accounts import NewSession, Role
from matcher.accounts.policy import SESSION_LIFE
from matcher.foundations.errors import Conflict

router = APIRouter(prefix="/v1", tags=["callers"], route_class=GuardedRoute)


class CurrentCaller(BaseModel):
    """The sender of the request. Without accounts there is no organisation, only the operator's role."""

    organisation_id: str | None = None
    member_id: str | None = None
    roles: list[Role]
    csrf: str | None = Field(None, description=f"In a browser session: send it as {CSRF_HEADER} with every change.")


class StartedSession(BaseModel):
    """A new browser session. Only the cookie holds the session token."""

    csrf: str = Field(description=f"Send it as {CSRF_HEADER} with every change.")
    expires_at: datetime


@router.get("/caller", response_model_exclude_none=True, responses=json_response(200, "The caller.", examples.CALLER))
def read_caller(access: CallerAccess) -> CurrentCaller:
    """Read your organisation, member id and roles, as identified by your key or session."""
    caller = access.caller
    return CurrentCaller(
        organisation_id=caller.organisation_id,
        member_id=caller.member_id,
        roles=sorted(caller.roles),
        csrf=caller.csrf,
    )


@router.post(
    "/session",
    status_code=201,
    responses={
        **json_response(201, "The session has started and its cookie is set.", examples.STARTED_SESSION),
        **problem_responses(CONFLICT),
    },
)
def begin_session(service: RunningService, access: CallerAccess, response: Response) -> StartedSession:
    """Start a browser session for the member whose key you send."""
    if access.caller.member_id is None:
        raise Conflict("a session must belong to a member, and the request has no key", remedy="Send a key")
    session = service.guard.sessions.start(access.caller.member_id)
    set_session_cookie(response, session)
    return StartedSession(csrf=session.csrf, expires_at=session.expires_at)


@router.delete("/session", status_code=204, responses=problem_responses())
def end_session(request: Request, service: RunningService, response: Response) -> None:
    """End the browser session whose cookie you send."""
    if (token := request.cookies.get(COOKIE)) is not None:
        service.guard.sessions.end(token)
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="lax")


def set_session_cookie(response: Response, session: NewSession) -> None:
    """Set the session cookie for `session` on `response`."""
    response.set_cookie(
        COOKIE, session.token, max_age=int(SESSION_LIFE.total_seconds()), secure=True, httponly=True, samesite="lax"
    )
