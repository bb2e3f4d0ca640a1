"""Sign-in: by the organisation's own provider, over OpenID Connect."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse

from api.access.oidc import Pending
from api.problems import INVALID, NOT_FOUND, NOT_PERMITTED, NOT_SIGNED_IN, UNAVAILABLE, documented
from api.routes.system.callers import set_session
from api.service import RunningService
from matcher.foundations.errors import NotPermitted

router = APIRouter(prefix="/v1/sign-in", tags=["callers"])

COOKIE: Final = "__Host-matcher-sign-in"
_SECONDS: Final = 600
# Where a browser goes once it is signed in.
_HOME: Final = "/docs"
_MOVED: Final[dict[int | str, dict[str, Any]]] = {
    303: {
        "description": "Where to go on.",
        "headers": {"Location": {"description": "The next address.", "schema": {"type": "string"}}},
    }
}


@router.get(
    "", status_code=303, response_class=RedirectResponse, responses={**_MOVED, **documented(NOT_FOUND, UNAVAILABLE)}
)
def begin_sign_in(service: RunningService) -> RedirectResponse:
    """Send the browser to the provider that the settings name."""
    pending = Pending.new()
    answer = RedirectResponse(service.provider.address(pending), 303)
    # Lax, not Strict: the browser comes back from the provider's site.
    answer.set_cookie(COOKIE, pending.cookie, max_age=_SECONDS, secure=True, httponly=True, samesite="lax")
    return answer


@router.get(
    "/callback",
    status_code=303,
    response_class=RedirectResponse,
    responses={**_MOVED, **documented(NOT_FOUND, UNAVAILABLE, NOT_SIGNED_IN, NOT_PERMITTED, INVALID)},
)
def end_sign_in(
    request: Request,
    service: RunningService,
    state: Annotated[str, Query(description="As the provider gives it back.", max_length=1_000)] = "",
    code: Annotated[str, Query(description="As the provider gives it.", max_length=4_000)] = "",
) -> RedirectResponse:
    """Begin a session for the member whom the provider names."""
    pending = Pending.of_cookie(request.cookies.get(COOKIE))
    subject = service.provider.subject(pending, state, code)
    member = service.accounts.member_by_subject(subject)
    if member is None:
        raise NotPermitted(
            "you have signed in, but are no member here",
            remedy=f"Ask the administrator for: matcher accounts add-member … --subject '{subject}'",
        )
    answer = RedirectResponse(_HOME, 303)
    set_session(answer, service.guard.sessions.begin(member.id))
    answer.delete_cookie(COOKIE, secure=True, httponly=True, samesite="lax")
    return answer
