"""How JSON and form bodies are read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, Final

from fastapi import Request, Response, params
from fastapi.routing import APIRoute
from pydantic_core import from_json
from python_multipart.multipart import parse_options_header

from api.problems.catalogue import MALFORMED, MEDIA, TOO_LARGE
from api.problems.responses import RequestRefused
from matcher.sources.formats import strict_json

# Every value may cause an error, and reporting an error takes 20 µs on the single thread that all requests share.
# A profile with 500 entries in its track record has about 6,000 values.
MAX_VALUES: Final = 20_000

_CHARSETS: Final = ("utf-8", "utf8", "us-ascii")
_JSON, _FORM = "application/json", "multipart/form-data"
# How many bytes at the end of a form are searched for the last boundary.
_TAIL: Final = 1_024


class JsonRequest(Request):
    """A request whose JSON body is read strictly.

    The body must be UTF-8, without NaN, lone surrogates, deep nesting and names that an object repeats.
    """

    async def json(self) -> Any:
        """Return the decoded body.

        Raises:
            RequestRefused: the body is not JSON, or holds more than `MAX_VALUES` values.

        """
        body = await self.body()
        try:
            value = from_json(body, allow_inf_nan=False)
            strict_json.decode(body)
        except ValueError as error:
            raise RequestRefused(MALFORMED, f"The body is not JSON: {error}", remedy=MALFORMED.meaning) from error
        if _holds_more_than(MAX_VALUES, value):
            raise RequestRefused(TOO_LARGE, f"The body holds more than {MAX_VALUES:,} values", remedy=TOO_LARGE.meaning)
        return value


class FormRequest(Request):
    """A request whose body is a form, which is read as a stream and must be complete."""

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Yield the chunks of the body.

        Raises:
            RequestRefused: the body ends before the form is complete.

        """
        _, options = parse_options_header(self.headers["content-type"])
        end = b"--" + options.get(b"boundary", b"") + b"--"
        tail = b""
        async with aclosing(super().stream()) as chunks:
            async for chunk in chunks:
                tail = (tail + chunk)[-_TAIL:]
                yield chunk
        if b"boundary" in options and end not in tail:
            raise RequestRefused(MALFORMED, "The form is incomplete", remedy="Send the complete form again")


class JsonRoute(APIRoute):
    """A route whose request body, if any, is JSON or a form in UTF-8, without compression."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that reads the body as a `JsonRequest` or `FormRequest`.

        The handler raises `RequestRefused` if the content type is not the one expected, or the body is encoded.
        """
        handle = super().get_route_handler()

        async def read(request: Request) -> Response:
            if self.body_field is None:
                return await handle(request)
            _check_encoding(request)
            is_form = isinstance(self.body_field.field_info, params.Form)
            _check_content_type(request, _FORM if is_form else _JSON)
            request_class = FormRequest if is_form else JsonRequest
            return await handle(request_class(request.scope, request.receive))

        return read


def _check_content_type(request: Request, expected: str) -> None:
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != expected:
        problem = f"The content type is {content_type[:100]!r}" if content_type else "The content type is missing"
        raise RequestRefused(MEDIA, problem, remedy=f"Send Content-Type: {expected}")
    _, options = parse_options_header(content_type)
    charset = options.get(b"charset", b"utf-8").decode("latin-1")
    if charset.lower() not in _CHARSETS:
        problem = f"The character set is {charset[:100]!r}"
        raise RequestRefused(MEDIA, problem, remedy=f"Send the body in UTF-8, with Content-Type: {expected}")


def _check_encoding(request: Request) -> None:
    """Check that the body is sent as it is. A compressed body does not show its size before it is unpacked."""
    encodings = ",".join(request.headers.getlist("content-encoding"))
    if any(encoding.strip().lower() not in ("", "identity") for encoding in encodings.split(",")):
        raise RequestRefused(
            MEDIA,
            f"The content encoding is {encodings[:100]!r}",
            remedy="Send the body uncompressed, without Content-Encoding",
            headers={"Accept-Encoding": "identity"},
        )


def _holds_more_than(limit: int, value: Any) -> bool:
    """Return whether `value` holds more than `limit` values, counting `value` itself.

    Counting stops at the first value over the limit.
    """
    pending = [value]
    counted = 0
    while pending and counted + len(pending) <= limit:
        counted += 1
        item = pending.pop()
        if isinstance(item, dict | list):
            pending += item.values() if isinstance(item, dict) else item
    return bool(pending)
