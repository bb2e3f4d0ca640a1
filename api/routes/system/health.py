"""Health: whether the process is up, and whether it is ready for requests."""

from __future__ import annotations

from typing import Final, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api.openapi.responses import json_response, problem_responses
from api.problems.catalogue import UNAVAILABLE
from api.problems.responses import unavailable
from api.service import RunningService

router = APIRouter(tags=["health"])

_UP: Final = {"status": "up"}
_READY: Final = {"status": "ready"}


class LivenessStatus(BaseModel):
    """The process is up."""

    status: Literal["up"] = "up"


class ReadinessStatus(BaseModel):
    """The database is available, the index is up to date and the encoder is loaded."""

    status: Literal["ready"] = "ready"


@router.get("/healthz", responses={**json_response(200, "The process is up.", _UP), **problem_responses()})
async def read_health() -> LivenessStatus:
    """Check that the process is up. This does not check the database, the index or the encoder."""
    return LivenessStatus()


@router.get(
    "/readyz",
    response_model=ReadinessStatus,
    responses={**json_response(200, "Ready for requests.", _READY), **problem_responses(UNAVAILABLE)},
)
def read_readiness(request: Request, service: RunningService) -> ReadinessStatus | Response:
    """Check that the service is ready for requests. If it is not, `errors` lists what is missing."""
    missing = service.readiness.missing()
    return unavailable(request.scope, missing) if missing else ReadinessStatus()
