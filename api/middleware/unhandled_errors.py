"""Unhandled errors, which are logged and then answered without revealing the cause."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems.responses import unexpected

_log = logging.getLogger(__name__)


class UnhandledErrors:
    """Turns an unhandled exception into a problem response, unless a response has already started."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. If that raises an exception, send a problem response."""
        started = False

        async def send_and_note_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_and_note_start)
        except Exception:
            if scope["type"] != "http" or started:
                raise
            _log.exception("%s failed", scope["method"])
            await unexpected(scope)(scope, receive, send)
