"""Metrics: figures of the running service, as Prometheus reads them."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from prometheus_client import generate_latest

from api.access.guard import GuardedRoute
from api.middleware.telemetry import Metrics
from api.problems import UNAVAILABLE, documented
from api.service import RunningService

router = APIRouter(tags=["health"], route_class=GuardedRoute)

_SHOWN: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The figures, in the text format of Prometheus.",
        "content": {"text/plain": {"schema": {"type": "string"}, "example": "matcher_store_sequence 246.0\n"}},
    }
}


@router.get("/metrics", response_class=PlainTextResponse, responses={**_SHOWN, **documented(UNAVAILABLE)})
def read_metrics(request: Request, service: RunningService) -> PlainTextResponse:
    """Say how many requests were answered and how fast, and how far the index has come."""
    metrics: Metrics = request.app.state.metrics
    metrics.revisions.set(service.store.sequence())
    metrics.indexed.set(service.engine.at())
    for kind, count in service.store.counts().items():
        metrics.records.labels(kind).set(count)
    return PlainTextResponse(generate_latest(metrics.registry), media_type="text/plain; version=0.0.4")
