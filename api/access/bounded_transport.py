"""An HTTP transport for small answers from a server that may be faulty or hostile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

import httpx2

# Discovery documents, keys and tokens take a few kilobytes.
MAX_BYTES: Final = 1024 * 1024
# The longest time to wait for the whole of an answer, in seconds.
MAX_SECONDS: Final = 30.0


class BoundedTransport(httpx2.HTTPTransport):
    """Refuses an answer that is compressed, has more than `MAX_BYTES` bytes, or takes longer than `MAX_SECONDS`.

    A refusal raises `httpx2.ReadError`.
    """

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send `request`, and return a response whose body is read within the limits."""
        request.headers["Accept-Encoding"] = "identity"
        response = super().handle_request(request)
        if response.headers.get("Content-Encoding", "identity") != "identity":
            response.close()
            raise httpx2.ReadError("the answer is compressed", request=request)
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = _BoundedStream(response.stream, request)
        return response


class _BoundedStream(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, request: httpx2.Request) -> None:
        self._stream = stream
        self._request = request
        self._deadline = time.monotonic() + MAX_SECONDS

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        for chunk in self._stream:
            received += len(chunk)
            if received > MAX_BYTES:
                raise httpx2.ReadError("the answer is too large", request=self._request)
            if time.monotonic() > self._deadline:
                raise httpx2.ReadTimeout("the answer takes too long", request=self._request)
            yield chunk

    def close(self) -> None:
        self._stream.close()
