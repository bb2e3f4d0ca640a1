"""Metrics of the running service, in Prometheus text format."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from prometheus_client import generate_latest

from api.access.guard import GuardedRoute
from api.middleware.telemetry import ServiceMetrics
from api.openapi.responses import Responses, problem_responses
from api.problems.catalogue import UNAVAILABLE
from api.service import RunningService

router = APIRouter(tags=["health"], route_class=GuardedRoute)

_METRICS: Final[Responses] = {
    200: {
        "description": "The metrics, in Prometheus text format.",
        "content": {"text/plain": {"schema": {"type": "string"}, "example": "matcher_store_sequence 246.0\n"}},
    }
}


@router.get("/metrics", response_class=PlainTextResponse, responses={**_METRICS, **problem_responses(UNAVAILABLE)})
def read_metrics(request: Request, service: RunningService) -> PlainTextResponse:
    """Read the number and duration of requests, and the latest revisions that the register and index have reached."""
    metrics: ServiceMetrics = request.app.state.metrics
    metrics.revisions.set(service.store.sequence())
    metrics.indexed.set(service.engine.indexed_sequence())
    for kind, count in service.store.counts().items():
        metrics.records.labels(kind).set(count)
    return PlainTextResponse(generate_latest(metrics.registry), media_type="text/plain; version=0.0.4")
