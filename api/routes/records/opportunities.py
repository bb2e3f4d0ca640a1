"""Opportunities: the open needs that fit a supplier, and the alert that tells of new ones."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel

from api.access.guard import GuardedRoute
from api.openapi import examples
from api.openapi.responses import described
from api.requests.record_ids import RecordId
from api.routes.records.revisions import READ, SENT
from api.service import RunningService
from matcher.alerts import Alert
from matcher.records.policy import Band
from matcher.search.opportunities import Opportunities, opportunities_for
from matcher.store import RecordKind

router = APIRouter(prefix="/v1/profiles", tags=["opportunities"], route_class=GuardedRoute)

_ALERT: Final = examples.ALERT


class WantedAlert(BaseModel):
    """What to be told of."""

    band: Band = Band.POSSIBLE


@router.get(
    "/{id:record}/opportunities",
    response_model_exclude_none=True,
    responses={**described(200, "The open needs that fit, best first.", examples.OPPORTUNITIES), **READ},
)
def list_opportunities(
    id: RecordId,
    service: RunningService,
    top: Annotated[int, Query(ge=1, le=1_000, description="How many to return.")] = 10,
    apply_requirements: Annotated[
        bool, Query(description="Whether needs are left out whose requirements the supplier does not meet.")
    ] = True,
) -> Opportunities:
    """Rank the open needs for a supplier, by the scores that it has in their searches, with the same reasons."""
    service.readiness.require()
    drafts = service.guard.ownership.drafts(RecordKind.NEED)
    return opportunities_for(service.engine, id, hidden=drafts, top=top, apply_requirements=apply_requirements)


@router.get("/{id:record}/alert", responses={**described(200, "The alert.", _ALERT), **READ})
def read_alert(id: RecordId, service: RunningService) -> Alert:
    """Read the alert of a profile."""
    return service.alerts.read(id)


@router.put("/{id:record}/alert", responses={**described(200, "The alert as saved.", _ALERT), **READ, **SENT})
def put_alert(
    id: RecordId,
    sent: Annotated[WantedAlert, Body(openapi_examples={"alert": {"value": {"band": "possible"}}})],
    service: RunningService,
) -> Alert:
    """Save an alert: new opportunities of this band or better are told in the next digest."""
    service.store.profile(id)
    return service.alerts.save(id, sent.band)


@router.delete("/{id:record}/alert", status_code=204, responses=READ)
def remove_alert(id: RecordId, service: RunningService) -> None:
    """Remove the alert of a profile, and what it was told."""
    service.alerts.remove(id)
