"""Telemetry: for every request, a log line and metrics that give the route, method, status and time.

Neither the log nor the metrics hold a path, query, body, key or address. The route name says what was requested.
The request id links the log lines of a request, and the response repeats the id in the header `X-Request-ID`.
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
# A request id from a proxy in front of the service is reused if it has this form.
_VALID_ID: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
# The route name for requests that match no route.
NO_ROUTE: Final = "none"
# Upper bounds of the buckets in the request duration histogram, in seconds.
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServiceMetrics:
    """The metrics of one application, in their own Prometheus registry."""

    registry: CollectorRegistry
    requests: Counter
    seconds: Histogram
    in_progress: Gauge
    revisions: Gauge
    indexed: Gauge
    records: Gauge

    @classmethod
    def new(cls) -> ServiceMetrics:
        """Return metrics with nothing counted yet."""
        registry = CollectorRegistry()
        return cls(
            registry,
            Counter("matcher_requests", "Requests answered.", ["route", "method", "status"], registry=registry),
            Histogram("matcher_request_seconds", "Time to answer.", ["route"], registry=registry, buckets=_BUCKETS),
            Gauge("matcher_requests_in_progress", "Requests being answered.", registry=registry),
            Gauge("matcher_store_sequence", "Latest revision in the register.", registry=registry),
            Gauge("matcher_index_sequence", "Latest revision in the index.", registry=registry),
            Gauge("matcher_records", "Current records.", ["kind"], registry=registry),
        )


@dataclass
class _Outcome:
    status: int = 500
    started: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started


class TelemetryMiddleware:
    """Logs and counts every request."""

    def __init__(self, app: ASGIApp, metrics: ServiceMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and record its outcome."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent_id = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = sent_id if _VALID_ID.fullmatch(sent_id) else uuid.uuid4().hex
        outcome = _Outcome()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                outcome.status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        with self._metrics.in_progress.track_inprogress():
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                self._record(scope, outcome, request_id)

    def _record(self, scope: Scope, outcome: _Outcome, request_id: str) -> None:
        route = getattr(scope.get("route"), "name", NO_ROUTE)
        # Clients can invent methods, and the metrics would keep each one as a label value for ever.
        method = scope["method"] if scope["method"] in ("GET", "HEAD", "PUT", "POST", "DELETE") else "other"
        self._metrics.requests.labels(route, method, outcome.status).inc()
        self._metrics.seconds.labels(route).observe(outcome.seconds)
        event = {"route": route, "method": method, "status": outcome.status, "request_id": request_id}
        _log.info("answered", extra={**event, "milliseconds": round(outcome.seconds * 1000, 1)})
