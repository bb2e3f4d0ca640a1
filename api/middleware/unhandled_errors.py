"""Failures: whatever nobody foresaw is logged here, and answered without a word of its insides."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import unexpected

_log = logging.getLogger(__name__)


class Failures:
    """Turns an exception that no handler knows into a problem, unless the answer has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and see how it ends."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            if scope["type"] != "http" or begun:
                raise
            _log.exception("%s failed", scope["method"])
            await unexpected(scope)(scope, receive, send)
