"""Bodies: how large they may be, and how JSON is read from them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import MALFORMED, MEDIA, TOO_LARGE, Refused, answer

# Ten times the largest profile or need known; a list of records belongs into a file for `matcher import`.
MAX_BODY: Final = 2 * 1024 * 1024

# Each value may be wrong in its own way, and to say so takes 20 µs of the one thread that all requests share.
# A profile of 500 pieces of work has about 6,000.
MAX_VALUES: Final = 20_000

_TOO_LARGE_PROBLEM: Final = "The body is longer than 2 MiB"


class BodyLimit:
    """Refuses a body longer than `MAX_BODY`: by its announced length, else as soon as that much has come in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and (len(announced) > 20 or int(announced) > MAX_BODY):
            await answer(TOO_LARGE, scope, _TOO_LARGE_PROBLEM)(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY:
                raise Refused(TOO_LARGE, _TOO_LARGE_PROBLEM, remedy=TOO_LARGE.meaning)
            return message

        await self._app(scope, counted, send)


class JsonRequest(Request):
    """A request whose JSON is read strictly: UTF-8 only, no NaN, no lone surrogates, no deep nesting."""

    async def json(self) -> Any:
        """Return the decoded body.

        Raises:
            Refused: it is not JSON, or holds more than `MAX_VALUES` values.

        """
        try:
            value = from_json(await self.body(), allow_inf_nan=False)
        except ValueError as error:
            raise Refused(MALFORMED, f"The body is not JSON: {error}", remedy=MALFORMED.meaning) from error
        if _holds_more_than(MAX_VALUES, value):
            raise Refused(TOO_LARGE, f"The body holds more than {MAX_VALUES:,} values", remedy=TOO_LARGE.meaning)
        return value


class JsonRoute(APIRoute):
    """A route whose body, where it has one, is JSON and says so."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that reads the body as a `JsonRequest` does."""
        handle = super().get_route_handler()

        async def read(request: Request) -> Response:
            if self.body_field is not None:
                _check_content_type(request)
            return await handle(JsonRequest(request.scope, request.receive))

        return read


def _check_content_type(request: Request) -> None:
    given = request.headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() != "application/json":
        said = f"{given[:100]!r}" if given else "not given"
        raise Refused(MEDIA, f"The content type is {said}, not application/json", remedy=MEDIA.meaning)


def _holds_more_than(limit: int, value: Any) -> bool:
    waiting = [value]
    seen = 0
    while waiting and seen + len(waiting) <= limit:
        seen += 1
        item = waiting.pop()
        if isinstance(item, dict | list):
            waiting += item.values() if isinstance(item, dict) else item
    return bool(waiting)
