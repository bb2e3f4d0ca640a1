"""Claims: how a supplier takes over a profile that was imported from a public register."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Body, Path
from pydantic import BaseModel, StrictBool

from api.access.guard import CallerAccess, GuardedRoute
from api.access.permissions import AccessScope
from api.openapi import examples
from api.openapi.responses import BODY_PROBLEMS, CONFLICT_PROBLEMS, json_response
from api.requests.record_ids import RecordId
from api.service import RunningService
from matcher.accounts import Claim

router = APIRouter(tags=["claims"], route_class=GuardedRoute)

_CLAIM: Final = examples.CLAIM


class ClaimList(BaseModel):
    """Claims, oldest first."""

    claims: list[Claim]


class ClaimDecision(BaseModel):
    """Whether to grant a claim."""

    grant: StrictBool


@router.post(
    "/v1/profiles/{id:record}/claim",
    status_code=200,
    responses={**json_response(200, "The claim.", _CLAIM), **CONFLICT_PROBLEMS},
)
def claim_profile(id: RecordId, service: RunningService, access: CallerAccess) -> Claim:
    """Claim a profile that has no owner.

    The claim is granted immediately if the administrator has checked your organisation's register number and the
    profile has the same number. Otherwise an administrator decides.
    """
    organisation = service.accounts.organisation(access.organisation_id or "")
    return service.claims.submit(service.store.profile(id).record, organisation)


@router.get("/v1/claims", responses=json_response(200, "The claims.", {"claims": [_CLAIM]}))
def list_claims(service: RunningService, access: CallerAccess) -> ClaimList:
    """List the claims of your organisation. Auditors and administrators see every claim."""
    if access.scope is AccessScope.ALL:
        return ClaimList(claims=service.claims.all())
    return ClaimList(claims=service.claims.by_organisation(access.organisation_id or ""))


@router.post(
    "/v1/claims/{claim_id}/decision",
    status_code=200,
    responses={**json_response(200, "The claim with its decision.", _CLAIM), **BODY_PROBLEMS, **CONFLICT_PROBLEMS},
)
def decide_claim(
    claim_id: Annotated[str, Path(description="Id of the claim.", max_length=64, examples=[_CLAIM["id"]])],
    decision: Annotated[ClaimDecision, Body(openapi_examples={"grant": {"value": {"grant": True}}})],
    service: RunningService,
    access: CallerAccess,
) -> Claim:
    """Grant or refuse a claim that is waiting for a decision."""
    return service.claims.decide(claim_id, grant=decision.grant, by=access.caller.member_id)
