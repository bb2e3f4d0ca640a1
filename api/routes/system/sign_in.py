"""Sign-in with the organisation's own provider, over OpenID Connect."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse

from api.access.oidc import PendingSignIn
from api.openapi.responses import Responses, problem_responses
from api.problems.catalogue import INVALID, NOT_FOUND, NOT_PERMITTED, NOT_SIGNED_IN, UNAVAILABLE
from api.routes.system.callers import set_session_cookie
from api.service import RunningService
from matcher.foundations.errors import NotPermitted

router = APIRouter(prefix="/v1/sign-in", tags=["callers"])

COOKIE: Final = "__Host-matcher-sign-in"
# The time limit for completing a sign-in, in seconds.
_MAX_AGE: Final = 600
# Where the browser goes after a sign-in.
_HOME: Final = "/docs"
_REDIRECT: Final[Responses] = {
    303: {
        "description": "A redirect.",
        "headers": {"Location": {"description": "Where to go next.", "schema": {"type": "string"}}},
    }
}


@router.get(
    "",
    status_code=303,
    response_class=RedirectResponse,
    responses={**_REDIRECT, **problem_responses(NOT_FOUND, UNAVAILABLE)},
)
def begin_sign_in(service: RunningService) -> RedirectResponse:
    """Redirect the browser to the sign-in provider of this service."""
    pending = PendingSignIn.new()
    response = RedirectResponse(service.provider.authorization_url(pending), 303)
    # Lax rather than Strict, because the browser returns from the provider's site.
    response.set_cookie(COOKIE, pending.cookie, max_age=_MAX_AGE, secure=True, httponly=True, samesite="lax")
    return response


@router.get(
    "/callback",
    status_code=303,
    response_class=RedirectResponse,
    responses={**_REDIRECT, **problem_responses(NOT_FOUND, UNAVAILABLE, NOT_SIGNED_IN, NOT_PERMITTED, INVALID)},
)
def end_sign_in(
    request: Request,
    service: RunningService,
    state: Annotated[str, Query(description="The state from the provider.", max_length=1_000)] = "",
    code: Annotated[str, Query(description="The code from the provider.", max_length=4_000)] = "",
) -> RedirectResponse:
    """Complete a sign-in and start a session for the member that the provider identified."""
    pending = PendingSignIn.from_cookie(request.cookies.get(COOKIE))
    subject = service.provider.subject(pending, state, code)
    member = service.accounts.member_by_subject(subject)
    if member is None:
        raise NotPermitted(
            "you are signed in with the provider, but you are not a member of any organisation in this service",
            remedy=f"Ask the administrator to run: matcher accounts add-member … --subject '{subject}'",
        )
    response = RedirectResponse(_HOME, 303)
    set_session_cookie(response, service.guard.sessions.start(member.id))
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="lax")
    return response
