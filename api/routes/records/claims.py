"""Claims: how a supplier gets the profile that a public register brought."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Body, Path
from pydantic import BaseModel, StrictBool

from api.access.guard import Admitted, GuardedRoute
from api.access.permissions import Reach
from api.openapi import examples
from api.openapi.responses import described
from api.problems import CONFLICT, documented
from api.requests.record_ids import RecordId
from api.routes.records.revisions import DECIDED, READ, SENT
from api.service import RunningService
from matcher.accounts import Claim

router = APIRouter(tags=["claims"], route_class=GuardedRoute)

_CLAIM: Final = examples.CLAIM


class ClaimList(BaseModel):
    """Claims, the oldest first."""

    claims: list[Claim]


class ClaimDecision(BaseModel):
    """Whether a claim is granted."""

    grant: StrictBool


@router.post(
    "/v1/profiles/{id:record}/claim", status_code=200, responses={**described(200, "The claim.", _CLAIM), **DECIDED}
)
def claim_profile(id: RecordId, service: RunningService, access: Admitted) -> Claim:
    """Claim a profile that has no owner. A checked register number grants it at once; else a person decides."""
    organisation = service.accounts.organisation(access.organisation_id or "")
    return service.claims.make(service.store.profile(id).record, organisation)


@router.get("/v1/claims", responses=described(200, "The claims.", {"claims": [_CLAIM]}))
def list_claims(service: RunningService, access: Admitted) -> ClaimList:
    """List the claims of one's own organisation; an administrator sees all."""
    every = access.reach is Reach.ALL
    return ClaimList(claims=service.claims.all() if every else service.claims.of(access.organisation_id or ""))


@router.post(
    "/v1/claims/{claim_id}/decision",
    status_code=200,
    responses={**described(200, "The claim as decided.", _CLAIM), **READ, **SENT, **documented(CONFLICT)},
)
def decide_claim(
    claim_id: Annotated[str, Path(description="Id of the claim.", max_length=64, examples=[_CLAIM["id"]])],
    sent: Annotated[ClaimDecision, Body(openapi_examples={"grant": {"value": {"grant": True}}})],
    service: RunningService,
    access: Admitted,
) -> Claim:
    """Grant or refuse a claim that is waiting."""
    return service.claims.decide(claim_id, grant=sent.grant, by=access.caller.member_id)
