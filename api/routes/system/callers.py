"""Callers: who one is to the service, and sessions for browsers."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api.access.guard import COOKIE, CSRF_HEADER, Admitted, GuardedRoute
from api.openapi import examples
from api.openapi.responses import described
from api.problems import CONFLICT, documented
from api.service import RunningService
from matcher.accounts import NewSession, Role
from matcher.accounts.policy import SESSION_LIFE
from matcher.foundations.errors import Conflict

router = APIRouter(prefix="/v1", tags=["callers"], route_class=GuardedRoute)


class Self(BaseModel):
    """Who asks. Without accounts there is no organisation, only the role of whoever has the machine."""

    organisation_id: str | None = None
    member_id: str | None = None
    roles: list[Role]
    csrf: str | None = Field(None, description=f"In a browser session: to be sent as {CSRF_HEADER} with every change.")


class Begun(BaseModel):
    """A browser session that has begun. Its token is in the cookie only."""

    csrf: str = Field(description=f"To be sent as {CSRF_HEADER} with every change.")
    expires_at: datetime


@router.get("/caller", response_model_exclude_none=True, responses=described(200, "Who asks.", examples.CALLER))
def read_caller(access: Admitted) -> Self:
    """Say who asks, as the key or the session has it."""
    caller = access.caller
    return Self(
        organisation_id=caller.organisation_id,
        member_id=caller.member_id,
        roles=sorted(caller.roles),
        csrf=caller.csrf,
    )


@router.post(
    "/session",
    status_code=201,
    responses={**described(201, "The session has begun; its cookie is set.", examples.SESSION), **documented(CONFLICT)},
)
def begin_session(service: RunningService, access: Admitted, response: Response) -> Begun:
    """Begin a browser session of the member whose key is sent."""
    if access.caller.member_id is None:
        raise Conflict("no key was sent, so nobody's session can begin", remedy="Send a key")
    begun = service.guard.sessions.begin(access.caller.member_id)
    set_session(response, begun)
    return Begun(csrf=begun.csrf, expires_at=begun.expires_at)


@router.delete("/session", status_code=204, responses=documented())
def end_session(request: Request, service: RunningService, response: Response) -> None:
    """End the browser session whose cookie is sent."""
    if (token := request.cookies.get(COOKIE)) is not None:
        service.guard.sessions.end(token)
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="lax")


def set_session(response: Response, begun: NewSession) -> None:
    """Give the browser the cookie of a session."""
    response.set_cookie(
        COOKIE, begun.token, max_age=int(SESSION_LIFE.total_seconds()), secure=True, httponly=True, samesite="lax"
    )
