"""Rate limits: how many requests a caller may make. Each service process counts its own requests."""

from __future__ import annotations

import hashlib
import math
import time
from typing import Final

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems.catalogue import TOO_OFTEN
from api.problems.responses import problem_response
from matcher.foundations.errors import InvalidInput

# Health checks are exempt, so that a busy service does not look dead.
_EXEMPT_PATHS: Final = ("/healthz", "/readyz")


class RateLimits:
    """Refuses requests from callers that exceed `rate`, such as `1200/minute`.

    If `rate` is None, the number of requests is not limited.

    Every request counts towards the limit for its address, so inventing keys does not raise the limit. A request with
    a key also counts towards the limit for that key, so using one key from many addresses does not raise the limit.
    """

    def __init__(self, app: ASGIApp, rate: str | None) -> None:
        self._app = app
        self._rate = parse_rate(rate) if rate is not None else None
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it and say how many seconds to wait."""
        if scope["type"] == "http" and self._rate is not None and scope["path"] not in _EXEMPT_PATHS:
            for identity in _identities(scope):
                if not self._limiter.hit(self._rate, identity):
                    await self._refuse(self._rate, identity, scope, receive, send)
                    return
        await self._app(scope, receive, send)

    async def _refuse(self, rate: RateLimitItem, identity: str, scope: Scope, receive: Receive, send: Send) -> None:
        reset = self._limiter.get_window_stats(rate, identity).reset_time
        seconds = max(1, math.ceil(reset - time.time()))
        detail = f"The limit is {rate}"
        response = problem_response(TOO_OFTEN, scope, detail, headers={"Retry-After": str(seconds)})
        await response(scope, receive, send)


def parse_rate(text: str) -> RateLimitItem:
    """Return the rate that `text` describes.

    Raises:
        InvalidInput: `text` is not a valid rate.

    """
    try:
        return parse(text)
    except ValueError as error:
        raise InvalidInput(
            f"MATCHER_RATE_LIMIT is {text!r}, which is not a valid rate",
            remedy="Use a number and a period, such as 1200/minute",
        ) from error


def _identities(scope: Scope) -> list[str]:
    client = scope.get("client")
    identities = [f"address {client[0] if client else 'unknown'}"]
    if (key := Headers(scope=scope).get("authorization")) is not None:
        identities.append(f"key {hashlib.sha256(key.encode()).hexdigest()}")
    return identities
