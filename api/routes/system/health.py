"""Health: whether the process is up, and whether it is ready for requests."""

from __future__ import annotations

from typing import Final, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api.openapi.responses import described
from api.problems import UNAVAILABLE, documented, unavailable
from api.service import RunningService

router = APIRouter(tags=["health"])

_UP: Final = {"status": "up"}
_READY: Final = {"status": "ready"}


class Up(BaseModel):
    """The process is up."""

    status: Literal["up"] = "up"


class Ready(BaseModel):
    """The database can be reached, the index is in step with it, the encoder is loaded."""

    status: Literal["ready"] = "ready"


@router.get("/healthz", responses={**described(200, "The process is up.", _UP), **documented()})
async def read_health() -> Up:
    """Say that the process is up. Asks nothing of database, index or encoder."""
    return Up()


@router.get(
    "/readyz",
    response_model=Ready,
    responses={**described(200, "Ready for requests.", _READY), **documented(UNAVAILABLE)},
)
def read_readiness(request: Request, service: RunningService) -> Ready | Response:
    """Say whether requests can be answered; where not, `errors` names what is missing."""
    missing = service.readiness.missing()
    return unavailable(request.scope, missing) if missing else Ready()
