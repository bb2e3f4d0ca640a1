"""The ledger: its latest hash, its verification and its export."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from api.access.guard import GuardedRoute
from api.openapi import examples
from api.openapi.responses import json_response, problem_responses
from api.problems.catalogue import INVALID, UNAVAILABLE
from api.service import RunningService, exclusive_ledger_check
from matcher.ledger import Format, export_lines

router = APIRouter(prefix="/v1/ledger", tags=["decisions"], route_class=GuardedRoute)

_MEDIA_TYPES: Final = {Format.JSONL: "application/jsonl", Format.CSV: "text/csv"}


class LedgerHead(BaseModel):
    """The number of entries, and the hash of the latest entry."""

    entries: int
    hash: str


class LedgerFault(BaseModel):
    """A fault in the ledger. `entry` is the entry's number, or null if the fault does not concern a single entry."""

    entry: int | None
    problem: str


class LedgerVerification(LedgerHead):
    """The result of a verification: `whole` is true if every entry is as it was recorded."""

    whole: bool
    faults: list[LedgerFault]


@router.get("", responses=json_response(200, "The head of the ledger.", examples.LEDGER_HEAD))
def read_ledger_head(service: RunningService) -> LedgerHead:
    """Read the number of entries and the latest hash. A copy of the hash kept elsewhere reveals a rewritten ledger."""
    entries, hash = service.ledger.head()
    return LedgerHead(entries=entries, hash=hash)


@router.get(
    "/verification",
    responses={
        **json_response(200, "The result of the verification.", examples.VERIFICATION),
        **problem_responses(INVALID, UNAVAILABLE),
    },
)
def verify_ledger(
    service: RunningService,
    expect: Annotated[
        str | None,
        Query(pattern=r"^[0-9a-f]{64}$", description="A hash you noted earlier. It must still be in the ledger."),
    ] = None,
) -> LedgerVerification:
    """Verify the ledger: read every entry and recompute its hash."""
    with exclusive_ledger_check(service):
        return LedgerVerification(**service.ledger.verify(expect).to_json())


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Every entry, with saved searches in full.",
            "content": {
                media_type: {"schema": {"type": "string"}, "example": f"{examples.ENTRY['number']}\n"}
                for media_type in _MEDIA_TYPES.values()
            },
        },
        **problem_responses(INVALID),
    },
)
def export_ledger(
    service: RunningService, format: Annotated[Format, Query(description="Format of the file.")] = Format.JSONL
) -> StreamingResponse:
    """Export the whole ledger as JSON Lines or CSV."""
    return StreamingResponse(
        export_lines(service.ledger, format),
        media_type=_MEDIA_TYPES[format],
        headers={"Content-Disposition": f'attachment; filename="ledger.{format.value}"'},
    )
