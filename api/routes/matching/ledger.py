"""The ledger: its head, its verification, its export."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from api.access.guard import GuardedRoute
from api.openapi import examples
from api.openapi.responses import described
from api.problems import INVALID, UNAVAILABLE, documented
from api.service import RunningService, alone
from matcher.ledger import Format, export_lines

router = APIRouter(prefix="/v1/ledger", tags=["decisions"], route_class=GuardedRoute)

_MEDIA: Final = {Format.JSONL: "application/jsonl", Format.CSV: "text/csv"}
_EXAMPLES: Final = {"application/jsonl": '{"hash": "5c39…", "entry": {…}}', "text/csv": "row,number,decision,…"}


class LedgerHead(BaseModel):
    """How many entries there are, and the hash of the last one."""

    entries: int
    hash: str


class LedgerFault(BaseModel):
    """What is wrong, and at which entry."""

    entry: int | None
    problem: str


class LedgerVerification(LedgerHead):
    """Whether every entry is what was recorded."""

    whole: bool
    faults: list[LedgerFault]


@router.get("", responses=described(200, "The head of the ledger.", examples.LEDGER_HEAD))
def read_ledger_head(service: RunningService) -> LedgerHead:
    """Tell how many entries there are and the last hash. Note it elsewhere: it shows if the past is rewritten."""
    entries, hash = service.ledger.head()
    return LedgerHead(entries=entries, hash=hash)


@router.get(
    "/verification",
    responses={**described(200, "What was found.", examples.VERIFICATION), **documented(INVALID, UNAVAILABLE)},
)
def verify_ledger(
    service: RunningService,
    expect: Annotated[
        str | None, Query(pattern=r"^[0-9a-f]{64}$", description="A hash noted earlier, to be found still.")
    ] = None,
) -> LedgerVerification:
    """Read and hash every entry again."""
    with alone(service):
        return LedgerVerification(**service.ledger.verify(expect).to_json())


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Every entry, with every kept search spelled out.",
            "content": {
                media: {"schema": {"type": "string"}, "example": f"{examples.ENTRY['number']}\n"}
                for media in _MEDIA.values()
            },
        },
        **documented(INVALID),
    },
)
def export_ledger(
    service: RunningService, format: Annotated[Format, Query(description="How it is written.")] = Format.JSONL
) -> StreamingResponse:
    """Export the whole ledger, as lines of JSON or as a table."""
    name = f'attachment; filename="ledger.{format.value}"'
    return StreamingResponse(
        export_lines(service.ledger, format), media_type=_MEDIA[format], headers={"Content-Disposition": name}
    )
