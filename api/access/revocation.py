"""Revocation: a response that is still being sent ends once the caller may no longer receive it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from fastapi import Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from matcher.foundations.errors import NotFound, NotPermitted, NotSignedIn, Unavailable

# How often the caller of an open response is checked, in seconds.
CHECK_INTERVAL: Final = 1.0


class RevocableResponse(Response):
    """Sends `response`, but breaks off once `authorise` refuses the caller: the key was revoked, the session ended.

    The connection is closed without the end of the response, so that nobody takes a part of a file for the whole.
    """

    def __init__(self, response: Response, authorise: Callable[[], object]) -> None:
        super().__init__()
        self._response = response
        self._authorise = authorise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response, and check the caller every `CHECK_INTERVAL` seconds meanwhile."""
        sending = asyncio.ensure_future(self._response(scope, receive, send))
        try:
            while not sending.done():
                await asyncio.wait([sending], timeout=CHECK_INTERVAL)
                if not sending.done() and not await run_in_threadpool(self._is_authorised):
                    return
            await sending
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await sending

    def _is_authorised(self) -> bool:
        try:
            self._authorise()
        except (NotSignedIn, NotPermitted, NotFound):
            return False
        except Unavailable:  # the next check decides
            return True
        return True
