"""Bodies: how large they may be, and how JSON is read from them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, Final

from fastapi import Request, Response, params
from fastapi.routing import APIRoute
from pydantic_core import from_json
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import MALFORMED, MEDIA, TOO_LARGE, RequestRefused, answer

# Ten times the largest profile or need known; a list of records belongs into a file for `matcher import`.
MAX_BODY: Final = 2 * 1024 * 1024

# Each value may be wrong in its own way, and to say so takes 20 µs of the one thread that all requests share.
# A profile of 500 pieces of work has about 6,000.
MAX_VALUES: Final = 20_000

_MIB: Final = 1024 * 1024
_UPLOADS: Final = ("/v1/uploads", "/v1/uploads/previews")
_JSON, _FILE = "application/json", "multipart/form-data"


class BodyLimit:
    """Refuses a body that is too long: by its announced length, else as soon as that much has come in.

    Most may have `MAX_BODY`, one with a file `uploads` MiB.
    """

    def __init__(self, app: ASGIApp, uploads: int) -> None:
        self._app = app
        self._uploads = uploads * _MIB

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._uploads if scope["path"] in _UPLOADS else MAX_BODY
        problem = f"The body is longer than {most // _MIB} MiB"
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and (len(announced) > 20 or int(announced) > most):
            await answer(TOO_LARGE, scope, problem)(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise RequestRefused(TOO_LARGE, problem, remedy=TOO_LARGE.meaning)
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
            raise RequestRefused(MALFORMED, f"The body is not JSON: {error}", remedy=MALFORMED.meaning) from error
        if _holds_more_than(MAX_VALUES, value):
            raise RequestRefused(TOO_LARGE, f"The body holds more than {MAX_VALUES:,} values", remedy=TOO_LARGE.meaning)
        return value


class FormRequest(Request):
    """A request whose form is read as it comes, and must come to its end."""

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Yield the pieces of the body.

        Raises:
            Refused: it ends before the form does.

        """
        _, options = parse_options_header(self.headers["content-type"])
        end = b"--" + options.get(b"boundary", b"") + b"--"
        tail = b""
        async with aclosing(super().stream()) as pieces:
            async for piece in pieces:
                tail = (tail + piece)[-_TAIL:]
                yield piece
        if b"boundary" in options and end not in tail:
            raise RequestRefused(MALFORMED, "The form ends early", remedy="Send it again, whole")


# Bytes within which a form ends: its last boundary, and what may follow that.
_TAIL: Final = 1_024


class JsonRoute(APIRoute):
    """A route whose body, where it has one, is JSON, or a form with a file, and says so."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that reads the body as a `JsonRequest` does."""
        handle = super().get_route_handler()

        async def read(request: Request) -> Response:
            if self.body_field is None:
                return await handle(request)
            is_form = isinstance(self.body_field.field_info, params.Form)
            _check_content_type(request, _FILE if is_form else _JSON)
            kind = FormRequest if is_form else JsonRequest
            return await handle(kind(request.scope, request.receive))

        return read


def _check_content_type(request: Request, expected: str) -> None:
    given = request.headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() != expected:
        said = f"{given[:100]!r}" if given else "not given"
        raise RequestRefused(
            MEDIA, f"The content type is {said}, not {expected}", remedy=f"Send Content-Type: {expected}"
        )


def _holds_more_than(limit: int, value: Any) -> bool:
    waiting = [value]
    seen = 0
    while waiting and seen + len(waiting) <= limit:
        seen += 1
        item = waiting.pop()
        if isinstance(item, dict | list):
            waiting += item.values() if isinstance(item, dict) else item
    return bool(waiting)
