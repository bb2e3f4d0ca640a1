"""The limit on the length of request bodies."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems.catalogue import TOO_LARGE
from api.problems.responses import RequestRefused, problem_response

# In bytes: ten times the size of the largest known profile or need.
# Long lists of records belong in a file for `matcher import`.
MAX_BODY: Final = 2 * 1024 * 1024

_MIB: Final = 1024 * 1024
_UPLOAD_PATHS: Final = ("/v1/uploads", "/v1/uploads/previews")


class BodyLimit:
    """Refuses a body if its Content-Length exceeds the limit, or as soon as the bytes received exceed the limit.

    The limit is `upload_limit` MiB for uploads and `MAX_BODY` bytes for every other path.
    """

    def __init__(self, app: ASGIApp, upload_limit: int) -> None:
        self._app = app
        self._upload_limit = upload_limit * _MIB

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting the bytes of the body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._upload_limit if scope["path"] in _UPLOAD_PATHS else MAX_BODY
        problem = f"The body is longer than {limit // _MIB} MiB"
        content_length = Headers(scope=scope).get("content-length", "")
        if content_length.isdecimal() and (len(content_length) > 20 or int(content_length) > limit):
            await problem_response(TOO_LARGE, scope, problem)(scope, receive, send)
            return
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise RequestRefused(TOO_LARGE, problem, remedy=TOO_LARGE.meaning)
            return message

        await self._app(scope, receive_counted, send)
