"""Programmes: many needs against the whole register, as a run that can be watched, paused and taken up again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path as FilePath
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Path, Response
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from api.access.guard import Access, Admitted, GuardedRoute
from api.openapi import examples
from api.openapi.responses import described
from api.problems import CONFLICT, INVALID, NOT_FOUND, UNAVAILABLE, documented
from api.requests.programme_requests import WantedProgramme
from api.routes.records.revisions import SENT
from api.service import RunningService, Service
from matcher.foundations.errors import InvalidInput, NotFound, Place
from matcher.programme import Job, Progress, RunOptions, State, StopRequest
from matcher.programme.needs.needs_file import ReadSummary, source_notes
from matcher.records import Need
from matcher.register import Organisations

router = APIRouter(prefix="/v1/programmes", tags=["programmes"], route_class=GuardedRoute)

ProgrammeId = Annotated[
    str, Path(pattern=r"^[0-9]{8}-[0-9a-f]{8}$", description="Id of a programme.", examples=["20261122-0f1e2d3c"])
]
# The report brings its own style, and nothing of it runs.
_PAGE: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'; sandbox"
}
# How often who watches is told, in seconds.
_BEAT: Final = 0.5
_MEDIA: Final = {
    ".jsonl": "application/jsonl",
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".json": "application/json",
    ".html": "text/html",
}


class ProgrammeProgress(BaseModel):
    """How far a programme is: needs done of all, needs a second, seconds left where that is known.

    `area` is where it works, under today's name. `refused` counts rows of an uploaded file that were no needs; they
    stand in `rejects.csv`. Of a finished one, `files` names the results and `unmatched` the
    needs that nobody is eligible for.
    """

    id: str
    name: str
    area: str
    refused: int = 0
    state: State
    phase: str
    done: int
    total: int
    rate: float | None = None
    seconds_left: float | None = None
    problem: str = ""
    matches: int = 0
    unmatched: list[str] = []
    files: list[str] = []


class ProgrammeList(BaseModel):
    """Programmes, the oldest first."""

    programmes: list[ProgrammeProgress]


# Each event of a stream, as the schema of its media type describes it.
_EVENT: Final = {
    "type": "object",
    "properties": {"event": {"const": "progress"}, "data": {"type": "string"}},
    "required": ["event", "data"],
}
_TOLD: Final = described(200, "How far it is.", examples.PROGRAMME)


@router.post(
    "",
    status_code=202,
    responses={
        **described(202, "It waits to be run.", examples.PROGRAMME),
        **documented(UNAVAILABLE),
        **SENT,
    },
)
def start_programme(
    asked: Annotated[WantedProgramme, Body(openapi_examples={"programme": {"value": examples.WANTED_PROGRAMME}})],
    service: RunningService,
    access: Admitted,
    response: Response,
) -> ProgrammeProgress:
    """Match many needs with the register as it is now. The answer comes at once; the work is done beside."""
    needs = _needs(asked, service, access)
    service.readiness.require()
    wanted = asked.programme(Organisations(service.store).today)
    intake = ReadSummary("the store" if asked.stored else "the request", len(needs))
    order = RunOptions(wanted, by=access.organisation_id or "", notes=source_notes(wanted, intake))
    job = service.programmes.start_run(needs, order)
    response.headers["Location"] = f"/v1/programmes/{job.id}"
    return told(job)


@router.get("", responses=described(200, "Programmes.", {"programmes": [examples.PROGRAMME]}))
def list_programmes(service: RunningService, access: Admitted) -> ProgrammeList:
    """List the programmes of one's organisation; auditors and administrators see all."""
    found = service.programmes.runs.jobs.readable()
    return ProgrammeList(programmes=[told(job) for job in found if access.owns_programme(job)])


@router.get("/{id}", responses={**_TOLD, **documented(NOT_FOUND, INVALID)})
def read_programme(id: ProgrammeId, service: RunningService) -> ProgrammeProgress:
    """Tell how far a programme is."""
    return told(service.programmes.runs.jobs.job(id))


@router.get(
    "/{id}/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events: `progress` whenever it has changed, the last one when it is over.",
            "content": {"text/event-stream": {"schema": _EVENT, "example": {"event": "progress", "data": "{…}"}}},
        },
        **documented(NOT_FOUND, INVALID),
    },
)
def watch_programme(id: ProgrammeId, service: RunningService) -> StreamingResponse:
    """Watch a programme until it runs no more."""
    return StreamingResponse(_events(service.programmes.runs.jobs.job(id)), media_type="text/event-stream")


@router.post("/{id}/pause", responses={**_TOLD, **documented(NOT_FOUND, CONFLICT, INVALID)})
def pause_programme(id: ProgrammeId, service: RunningService) -> ProgrammeProgress:
    """Pause a programme after the needs that are being searched."""
    return _request_stop(service, id, StopRequest.PAUSE)


@router.post("/{id}/resume", responses={**_TOLD, **documented(NOT_FOUND, CONFLICT, INVALID)})
def resume_programme(id: ProgrammeId, service: RunningService) -> ProgrammeProgress:
    """Go on with a programme that was paused or that failed, from the last needs done."""
    job = service.programmes.runs.jobs.job(id)
    service.programmes.resume(job)
    return told(job)


@router.delete("/{id}", responses={**_TOLD, **documented(NOT_FOUND, CONFLICT, INVALID)})
def cancel_programme(id: ProgrammeId, service: RunningService) -> ProgrammeProgress:
    """Cancel a programme for good."""
    return _request_stop(service, id, StopRequest.CANCEL)


@router.get(
    "/{id}/results/{file}",
    response_class=FileResponse,
    responses={
        200: {
            "description": "The file.",
            "content": {media: {"schema": {"type": "string"}, "example": "…"} for media in _MEDIA.values()},
        },
        **documented(NOT_FOUND, INVALID),
    },
)
def read_programme_results(
    id: ProgrammeId,
    file: Annotated[str, Path(pattern=r"^[a-z-]{1,40}\.[a-z]{1,10}$", examples=["matches.csv"])],
    service: RunningService,
) -> FileResponse:
    """Download a file of the results of a finished programme; the report, `report.html`, is shown."""
    files = _files(service.programmes.runs.jobs.job(id))
    if file not in files:
        there = ", ".join(files) or "none before it is finished"
        raise NotFound(f"there is no file {file!r}", remedy=f"Those that are there: {there}")
    shown = FilePath(file).suffix == ".html"
    return FileResponse(
        files[file],
        media_type=_MEDIA.get(FilePath(file).suffix),
        filename=file,
        headers=_PAGE if shown else None,
        content_disposition_type="inline" if shown else "attachment",
    )


def told(job: Job) -> ProgrammeProgress:
    """Return how far a run is, as it is shown."""
    progress = job.progress()
    fields: dict[str, Any] = {name: getattr(progress, name) for name in Progress.__dataclass_fields__}
    manifest = job.manifest()
    programme = {"name": manifest.programme.name, "area": manifest.programme.area.name, "refused": manifest.refused}
    fields |= {**programme, "files": list(_files(job))}
    return ProgrammeProgress(**fields)


def _files(job: Job) -> dict[str, str]:
    """Return where the files of a run are that can be downloaded, by name."""
    rejects = [str(job.rejects_file)] if job.rejects_file.exists() else []
    return {FilePath(path).name: path for path in (*job.progress().files, *rejects)}


def _needs(asked: WantedProgramme, service: Service, access: Access) -> list[Need]:
    if asked.stored == bool(asked.needs):
        raise InvalidInput(
            "either needs are sent or the stored ones are asked for",
            remedy="Send `needs`, or `stored: true`",
            place=Place(field="needs"),
        )
    if not asked.stored:
        return list(asked.needs)
    hidden = access.hidden_needs()
    needs = [revision.record for revision in service.store.needs() if revision.id not in hidden]
    if not needs:
        raise InvalidInput("no need is stored", remedy="Send `needs`", place=Place(field="stored"))
    return needs


def _request_stop(service: Service, id: str, request: StopRequest) -> ProgrammeProgress:
    job = service.programmes.runs.jobs.job(id)
    job.request_stop(request)
    return told(job)


async def _events(job: Job) -> AsyncIterator[str]:
    last = None
    while True:
        now = await run_in_threadpool(told, job)
        if now != last:
            yield f"event: progress\ndata: {now.model_dump_json(exclude_none=True)}\n\n"
        if now.state not in (State.QUEUED, State.RUNNING):
            return
        last = now
        await asyncio.sleep(_BEAT)
