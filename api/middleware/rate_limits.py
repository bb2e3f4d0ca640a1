"""Limits: how often one caller may ask. Counted in each service process by itself."""

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

from api.problems import TOO_OFTEN, answer
from matcher.foundations.errors import InvalidInput

# What is asked by machines that watch over the service; a busy hour must not make it look dead.
_FREE: Final = ("/healthz", "/readyz")


class RateLimits:
    """Refuses whoever asks more often than `rate`, such as `1200/minute`; None lets everybody.

    A caller is told by the address: one who invents keys does not become many. Whoever sends a key is
    besides counted by that, so that a key used from many places is limited, too.
    """

    def __init__(self, app: ASGIApp, rate: str | None) -> None:
        self._app = app
        self._rate = rate_of(rate) if rate is not None else None
        self._counted = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with the seconds after which to ask again."""
        if scope["type"] == "http" and self._rate is not None and scope["path"] not in _FREE:
            for caller in _callers(scope):
                if not self._counted.hit(self._rate, caller):
                    await self._refuse(self._rate, caller, scope, receive, send)
                    return
        await self._app(scope, receive, send)

    async def _refuse(self, rate: RateLimitItem, caller: str, scope: Scope, receive: Receive, send: Send) -> None:
        reset = self._counted.get_window_stats(rate, caller).reset_time
        seconds = max(1, math.ceil(reset - time.time()))
        refusal = answer(TOO_OFTEN, scope, f"More than {rate} were asked", headers={"Retry-After": str(seconds)})
        await refusal(scope, receive, send)


def rate_of(text: str) -> RateLimitItem:
    """Return the rate that `text` says.

    Raises:
        InvalidInput: it says none.

    """
    try:
        return parse(text)
    except ValueError as error:
        raise InvalidInput(
            f"MATCHER_RATE_LIMIT is {text!r}, which is no rate", remedy="Write a number and a time, such as 1200/minute"
        ) from error


def _callers(scope: Scope) -> list[str]:
    client = scope.get("client")
    found = [f"address {client[0] if client else 'unknown'}"]
    if (key := Headers(scope=scope).get("authorization")) is not None:
        found.append(f"key {hashlib.sha256(key.encode()).hexdigest()}")
    return found
