"""Observing: what was asked, how it ended and how long it took, as a line in the log and as metrics.

Neither holds a path, a query, a body, a key or an address: a route's name says what was asked for, and an id
made for the request, also in the header `X-Request-ID`, finds its other lines.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID: Final = "X-Request-ID"
# One that a proxy in front has given goes on, if it is no more than an id.
_GIVEN: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
# What is asked for where no route fits.
NO_ROUTE: Final = "none"
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Metrics:
    """The metrics of one application, in a registry of its own."""

    registry: CollectorRegistry
    requests: Counter
    seconds: Histogram
    in_progress: Gauge
    revisions: Gauge
    indexed: Gauge
    records: Gauge

    @classmethod
    def new(cls) -> Metrics:
        """Return metrics that have counted nothing yet."""
        registry = CollectorRegistry()
        return cls(
            registry,
            Counter("matcher_requests", "Requests answered.", ["route", "method", "status"], registry=registry),
            Histogram("matcher_request_seconds", "Time to answer.", ["route"], registry=registry, buckets=_BUCKETS),
            Gauge("matcher_requests_in_progress", "Requests being answered.", registry=registry),
            Gauge("matcher_store_sequence", "Latest revision of the register.", registry=registry),
            Gauge("matcher_index_sequence", "Latest revision that the index has taken in.", registry=registry),
            Gauge("matcher_records", "Current records.", ["kind"], registry=registry),
        )


@dataclass
class _Ending:
    status: int = 500
    began: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.began


class Observing:
    """Watches every request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it ends."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if _GIVEN.fullmatch(given) else uuid.uuid4().hex
        ending = _Ending()

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                ending.status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        with self._metrics.in_progress.track_inprogress():
            try:
                await self._app(scope, receive, watched)
            finally:
                self._note(scope, ending, request_id)

    def _note(self, scope: Scope, ending: _Ending, request_id: str) -> None:
        route = getattr(scope.get("route"), "name", NO_ROUTE)
        # A method is whatever a client writes there, and every value of a label is kept.
        method = scope["method"] if scope["method"] in ("GET", "HEAD", "PUT", "POST", "DELETE") else "other"
        self._metrics.requests.labels(route, method, ending.status).inc()
        self._metrics.seconds.labels(route).observe(ending.seconds)
        told = {"route": route, "method": method, "status": ending.status, "request_id": request_id}
        _log.info("answered", extra={**told, "milliseconds": round(ending.seconds * 1000, 1)})
