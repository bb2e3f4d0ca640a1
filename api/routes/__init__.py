"""The routes of the service, with one module for each resource."""

from typing import Final

from fastapi import APIRouter

from api.routes.matching import decisions, ledger, programmes, search, uploads
from api.routes.records import claims, needs, opportunities, profiles, registrations
from api.routes.system import callers, documentation, health, metrics, sign_in

# The routers, in the order in which the OpenAPI document lists them.
ROUTERS: Final[tuple[APIRouter, ...]] = (
    registrations.router,
    claims.router,
    opportunities.router,
    profiles.router,
    needs.router,
    search.router,
    decisions.router,
    ledger.router,
    programmes.router,
    uploads.router,
    callers.router,
    sign_in.router,
    health.router,
    metrics.router,
    documentation.router,
)
