"""Documentation: the API description as a plain page, and a page for each kind of problem."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.openapi.reference_page import problem_page, routes_page
from api.problems import NOT_FOUND, PROBLEM_TYPES, RequestRefused

router = APIRouter(include_in_schema=False)

# The pages bring their own style and nothing else.
_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}


@router.get("/docs")
def read_documentation(request: Request) -> HTMLResponse:
    """Show every route of the OpenAPI document."""
    return HTMLResponse(routes_page(request.app.openapi()), headers=_HEADERS)


@router.get("/problems/{slug}")
def read_problem(slug: str) -> HTMLResponse:
    """Say what a kind of problem means: the place that the `type` of a problem points at."""
    kind = next((kind for kind in PROBLEM_TYPES if kind.slug == slug), None)
    if kind is None:
        raise RequestRefused(NOT_FOUND, "There is no such kind of problem", remedy="See /docs for those there are")
    return HTMLResponse(problem_page(kind), headers=_HEADERS)
