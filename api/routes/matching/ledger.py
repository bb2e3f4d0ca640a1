"""The ledger: its latest hash, its verification and its export."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Body, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from api.access.guard import CallerAccess, GuardedRoute
from api.openapi import examples
from api.openapi.responses import BODY_PROBLEMS, json_response, problem_responses
from api.problems.catalogue import INVALID, NOT_FOUND, UNAVAILABLE
from api.routes.matching.decisions import LedgerEntry, actor, ledger_entry
from api.service import RunningService, exclusive_ledger_check
from matcher.ledger import Format, export_lines
from matcher.records.fields import MAX_TEXT, Id
from matcher.store import RecordKind

router = APIRouter(prefix="/v1/ledger", tags=["decisions"], route_class=GuardedRoute)

_REDACTION: Final = {"kind": "decision", "id": "d1", "passage": "Anna Field", "reason": "Names a person"}
_REDACTION_ENTRY: Final = {
    **{name: value for name, value in examples.ENTRY.items() if name != "profile"},
    "number": 3,
    "event": "redact",
    "reason": "Names a person",
    "redactions": [{"kind": "entry", "number": 2, "digest": examples.ENTRY["hash"]}],
}
_MEDIA_TYPES: Final = {Format.JSONL: "application/jsonl", Format.CSV: "text/csv"}


class LedgerHead(BaseModel):
    """The number of entries, and the hash of the latest entry."""

    entries: int
    hash: str


class LedgerFault(BaseModel):
    """A fault in the ledger. `entry` is the entry's number, or null if the fault does not concern a single entry."""

    entry: int | None
    problem: str


class LedgerRedaction(BaseModel):
    """A revision or an entry that lost a passage, with the entry that records it and the digest of what remained."""

    kind: str
    number: int
    digest: str
    entry: int
    by: str
    recorded_at: str


class LedgerVerification(LedgerHead):
    """The result of a verification: `whole` is true if every entry is as it was recorded."""

    whole: bool
    faults: list[LedgerFault]
    redacted: list[LedgerRedaction]


class WordsKind(StrEnum):
    """Whose words a redaction concerns: a decision, or the history of a profile or need."""

    DECISION = "decision"
    PROFILE = "profile"
    NEED = "need"


class RedactionRequest(BaseModel):
    """A passage to erase from the words of a decision, or from the history of a record."""

    kind: WordsKind
    id: Id
    passage: Annotated[str, Field(min_length=3, max_length=MAX_TEXT, description="The words exactly as stored.")]
    reason: Annotated[str, Field(max_length=500, description="The reason, without the passage.")] | None = None


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


@router.post(
    "/redactions",
    status_code=201,
    responses={
        **json_response(201, "The entry that records the redaction.", _REDACTION_ENTRY),
        **BODY_PROBLEMS,
        **problem_responses(NOT_FOUND),
    },
)
def redact_words(
    body: Annotated[RedactionRequest, Body(openapi_examples={"reason": {"value": _REDACTION}})],
    service: RunningService,
    access: CallerAccess,
) -> LedgerEntry:
    """Erase a passage permanently from a decision or from the history of a record, and record that it was erased.

    The ledger still verifies. Verification and replay report what was redacted.
    """
    by = actor(access)
    if body.kind is WordsKind.DECISION:
        return ledger_entry(service.ledger.redact_decision(body.id, body.passage, by=by, reason=body.reason))
    kind = RecordKind(body.kind.value)
    return ledger_entry(service.ledger.redact_history(kind, body.id, body.passage, by=by, reason=body.reason))


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
