"""Documentation: the OpenAPI document as a plain page, and a page for each problem type."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.openapi.reference_page import problem_page, routes_page
from api.problems.catalogue import NOT_FOUND, PROBLEM_TYPES
from api.problems.responses import RequestRefused

router = APIRouter(include_in_schema=False)

# The documentation pages have inline styles and load nothing.
_HEADERS: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}


@router.get("/docs")
def read_documentation(request: Request) -> HTMLResponse:
    """Show every route of the OpenAPI document."""
    return HTMLResponse(routes_page(request.app.openapi()), headers=_HEADERS)


@router.get("/problems/{slug}")
def read_problem(slug: str) -> HTMLResponse:
    """Explain a problem type. The `type` of a problem links to this page."""
    problem_type = next((problem_type for problem_type in PROBLEM_TYPES if problem_type.slug == slug), None)
    if problem_type is None:
        raise RequestRefused(NOT_FOUND, "There is no such problem type", remedy="See /docs for a list")
    return HTMLResponse(problem_page(problem_type), headers=_HEADERS)
