"""Opportunities: the open needs that fit a supplier, and the alert that reports new ones."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel

from api.access.guard import GuardedRoute
from api.openapi import examples
from api.openapi.responses import BODY_PROBLEMS, ID_PROBLEMS, json_response
from api.requests.record_ids import RecordId
from api.service import RunningService
from matcher.alerts import Alert
from matcher.records.policy import Band
from matcher.search.opportunities import Opportunities, opportunities_for
from matcher.store import RecordKind

router = APIRouter(prefix="/v1/profiles", tags=["opportunities"], route_class=GuardedRoute)

_ALERT: Final = examples.ALERT


class AlertRequest(BaseModel):
    """Which opportunities an alert reports: the ones in `band` or a better band."""

    band: Band = Band.POSSIBLE


@router.get(
    "/{id:record}/opportunities",
    response_model_exclude_none=True,
    responses={**json_response(200, "The open needs that fit, best first.", examples.OPPORTUNITIES), **ID_PROBLEMS},
)
def list_opportunities(
    id: RecordId,
    service: RunningService,
    top: Annotated[int, Query(ge=1, le=1_000, description="How many opportunities to return.")] = 10,
    apply_requirements: Annotated[
        bool, Query(description="Whether to leave out needs whose requirements the supplier does not meet.")
    ] = True,
) -> Opportunities:
    """Rank the open needs for a supplier, with the same scores and reasons that a search for each need would give."""
    service.readiness.require()
    drafts = service.guard.ownership.drafts(RecordKind.NEED)
    return opportunities_for(service.engine, id, hidden=drafts, top=top, apply_requirements=apply_requirements)


@router.get("/{id:record}/alert", responses={**json_response(200, "The alert.", _ALERT), **ID_PROBLEMS})
def read_alert(id: RecordId, service: RunningService) -> Alert:
    """Read a profile's alert."""
    return service.alerts.read(id)


@router.put(
    "/{id:record}/alert",
    responses={**json_response(200, "The alert as saved.", _ALERT), **ID_PROBLEMS, **BODY_PROBLEMS},
)
def put_alert(
    id: RecordId,
    body: Annotated[AlertRequest, Body(openapi_examples={"alert": {"value": {"band": "possible"}}})],
    service: RunningService,
) -> Alert:
    """Save a profile's alert. The next digest reports new opportunities in this band or a better one."""
    service.store.profile(id)
    return service.alerts.save(id, body.band)


@router.delete("/{id:record}/alert", status_code=204, responses=ID_PROBLEMS)
def remove_alert(id: RecordId, service: RunningService) -> None:
    """Remove a profile's alert, and the record of what the alert has reported."""
    service.alerts.remove(id)
