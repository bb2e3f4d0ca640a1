"""Programmes, which match many needs with the whole register in a run that can be watched, paused and resumed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path as FilePath
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Path, Response
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.access.guard import Access, CallerAccess, GuardedRoute
from api.openapi import examples
from api.openapi.responses import BODY_PROBLEMS, CONFLICT_PROBLEMS, ID_PROBLEMS, json_response, problem_responses
from api.problems.catalogue import UNAVAILABLE
from api.requests.programme_requests import ProgrammeRequest
from api.service import RunningService, Service
from matcher.foundations.errors import InvalidInput, NotFound, Place
from matcher.programme.needs.needs_file import ReadSummary, source_notes
from matcher.programme.runs import Job, Progress, RunOptions, State, StopRequest
from matcher.records import Need
from matcher.records.redaction import redact_record
from matcher.register import Organisations

router = APIRouter(prefix="/v1/programmes", tags=["programmes"], route_class=GuardedRoute)

ProgrammeId = Annotated[
    str, Path(pattern=r"^[0-9]{8}-[0-9a-f]{8}$", description="Id of a programme.", examples=["20261122-0f1e2d3c"])
]
# The report has inline styles. The sandbox keeps anything in the report from running.
_REPORT_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'; sandbox"
}
# How often the progress of a watched programme is checked, in seconds.
_POLL_INTERVAL: Final = 0.5
_MEDIA_TYPES: Final = {
    ".jsonl": "application/jsonl",
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".json": "application/json",
    ".html": "text/html",
}


class ProgrammeProgress(BaseModel):
    """The progress of a programme. `matches`, `unmatched` and `files` are set when the programme has finished."""

    id: str
    name: str
    area: Annotated[str, Field(description="Area that the programme covers, under its current name.")]
    refused: Annotated[int, Field(description="Number of uploaded rows that were refused; see `rejects.csv`.")] = 0
    state: State
    phase: Annotated[str, Field(description="What the run is doing.")]
    done: Annotated[int, Field(description="Needs done.")]
    total: Annotated[int, Field(description="Needs in total.")]
    rate: Annotated[float | None, Field(description="Needs per second.")] = None
    seconds_left: Annotated[float | None, Field(description="Seconds left, if known.")] = None
    problem: Annotated[str, Field(description="Why the run failed or is waiting.")] = ""
    matches: Annotated[int, Field(description="Matches in the results.")] = 0
    unmatched: Annotated[list[str], Field(description="Needs that no partner is eligible for.")] = []
    files: Annotated[list[str], Field(description="Names of the results.")] = []


class ProgrammeList(BaseModel):
    """Programmes, oldest first."""

    programmes: list[ProgrammeProgress]


# Schema of one event from a watched programme. The OpenAPI document gives it as the schema for the media type.
_EVENT_SCHEMA: Final = {
    "type": "object",
    "properties": {"event": {"const": "progress"}, "data": {"type": "string"}},
    "required": ["event", "data"],
}
_PROGRESS: Final = json_response(200, "The progress of the programme.", examples.PROGRAMME_PROGRESS)


@router.post(
    "",
    status_code=202,
    responses={
        **json_response(202, "The programme, queued to run.", examples.PROGRAMME_PROGRESS),
        **BODY_PROBLEMS,
        **problem_responses(UNAVAILABLE),
    },
)
def start_programme(
    request: Annotated[ProgrammeRequest, Body(openapi_examples={"programme": {"value": examples.PROGRAMME_REQUEST}})],
    service: RunningService,
    access: CallerAccess,
    response: Response,
) -> ProgrammeProgress:
    """Match many needs with the register as it is at this moment. The programme runs in the background."""
    needs = _requested_needs(request, service, access)
    service.readiness.require()
    programme = request.programme(Organisations(service.store).current)
    summary = ReadSummary("the store" if request.stored else "the request", len(needs))
    options = RunOptions(programme, by=access.organisation_id or "", notes=source_notes(programme, summary))
    job = service.programmes.start_run(needs, options)
    response.headers["Location"] = f"/v1/programmes/{job.id}"
    return progress_of(job)


@router.get("", responses=json_response(200, "The programmes.", {"programmes": [examples.PROGRAMME_PROGRESS]}))
def list_programmes(service: RunningService, access: CallerAccess) -> ProgrammeList:
    """List the programmes of your organisation. Auditors and administrators see every programme."""
    jobs = service.programmes.runs.jobs.readable()
    return ProgrammeList(programmes=[progress_of(job) for job in jobs if access.may_see_programme(job)])


@router.get("/{id}", responses={**_PROGRESS, **ID_PROBLEMS})
def read_programme(id: ProgrammeId, service: RunningService) -> ProgrammeProgress:
    """Read the progress of a programme."""
    return progress_of(service.programmes.runs.jobs.job(id))


@router.get(
    "/{id}/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events: `progress` after each change. The last event has the final state.",
            "content": {
                "text/event-stream": {"schema": _EVENT_SCHEMA, "example": {"event": "progress", "data": "{…}"}}
            },
        },
        **ID_PROBLEMS,
    },
)
def watch_programme(id: ProgrammeId, service: RunningService) -> StreamingResponse:
    """Watch a programme until it finishes, fails, or is paused or cancelled."""
    return StreamingResponse(_events(service.programmes.runs.jobs.job(id)), media_type="text/event-stream")


@router.post("/{id}/pause", responses={**_PROGRESS, **CONFLICT_PROBLEMS})
def pause_programme(id: ProgrammeId, service: RunningService) -> ProgrammeProgress:
    """Pause a programme once the current searches are complete."""
    return _request_stop(service, id, StopRequest.PAUSE)


@router.post("/{id}/resume", responses={**_PROGRESS, **CONFLICT_PROBLEMS})
def resume_programme(id: ProgrammeId, service: RunningService) -> ProgrammeProgress:
    """Resume a paused or failed programme. Saved results are kept, and the remaining needs are searched."""
    job = service.programmes.runs.jobs.job(id)
    service.programmes.resume(job)
    return progress_of(job)


@router.delete("/{id}", responses={**_PROGRESS, **CONFLICT_PROBLEMS})
def cancel_programme(id: ProgrammeId, service: RunningService) -> ProgrammeProgress:
    """Cancel a programme permanently."""
    return _request_stop(service, id, StopRequest.CANCEL)


@router.get(
    "/{id}/results/{file}",
    response_class=FileResponse,
    responses={
        200: {
            "description": "The file.",
            "content": {
                media_type: {"schema": {"type": "string"}, "example": "…"} for media_type in _MEDIA_TYPES.values()
            },
        },
        **ID_PROBLEMS,
    },
)
def read_programme_results(
    id: ProgrammeId,
    file: Annotated[str, Path(pattern=r"^[a-z-]{1,40}\.[a-z]{1,10}$", examples=["matches.csv"])],
    service: RunningService,
) -> FileResponse:
    """Download a results file from a finished programme. A browser shows `report.html` instead of saving it."""
    files = _downloads(service.programmes.runs.jobs.job(id))
    if file not in files:
        available = ", ".join(files) or "none until the programme has finished"
        raise NotFound(f"the programme has no file {file!r}", remedy=f"Available files: {available}")
    is_page = FilePath(file).suffix == ".html"
    return FileResponse(
        files[file],
        media_type=_MEDIA_TYPES.get(FilePath(file).suffix),
        filename=file,
        headers=_REPORT_HEADERS if is_page else None,
        content_disposition_type="inline" if is_page else "attachment",
    )


def progress_of(job: Job) -> ProgrammeProgress:
    """Return the progress of the run `job` as a response."""
    progress, manifest = job.progress(), job.manifest()
    fields: dict[str, Any] = {name: getattr(progress, name) for name in Progress.__dataclass_fields__}
    programme = {"name": manifest.programme.name, "area": manifest.programme.area.name, "refused": manifest.refused}
    return ProgrammeProgress(**{**fields, **programme, "files": list(_downloads(job))})


def _downloads(job: Job) -> dict[str, str]:
    """Return the paths of a run's downloadable files, by file name."""
    rejects = [str(job.rejects_file)] if job.rejects_file.exists() else []
    return {FilePath(path).name: path for path in (*job.progress().files, *rejects)}


def _requested_needs(request: ProgrammeRequest, service: Service, access: Access) -> list[Need]:
    """Return the needs to match: the needs in the request, redacted, or every stored need that the caller may see.

    Raises:
        InvalidInput: the request asks for both kinds of needs or for neither, or no need is stored.

    """
    if request.stored == bool(request.needs):
        raise InvalidInput(
            "the request must have either needs or `stored: true`",
            remedy="Send the needs to match, or send `stored: true` without needs",
            place=Place(field="needs"),
        )
    if not request.stored:
        return [redact_record(need).record for need in request.needs]
    hidden = access.hidden_needs()
    needs = [revision.record for revision in service.store.needs() if revision.id not in hidden]
    if not needs:
        raise InvalidInput("no needs are stored", remedy="Send `needs` instead", place=Place(field="stored"))
    return needs


def _request_stop(service: Service, id: str, request: StopRequest) -> ProgrammeProgress:
    job = service.programmes.runs.jobs.job(id)
    job.request_stop(request)
    return progress_of(job)


async def _events(job: Job) -> AsyncIterator[str]:
    last = None
    while True:
        progress = await run_in_threadpool(progress_of, job)
        if progress != last:
            yield f"event: progress\ndata: {progress.model_dump_json(exclude_none=True)}\n\n"
        if progress.state not in (State.QUEUED, State.RUNNING):
            return
        last = progress
        await asyncio.sleep(_POLL_INTERVAL)
