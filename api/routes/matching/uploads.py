"""Uploads: preview a file of needs, or run a programme on it. A file may be larger than a JSON body."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final, cast

from fastapi import APIRouter, Form, Request, Response
from starlette.concurrency import run_in_threadpool

from api.access.guard import Access, CallerAccess, GuardedRoute
from api.openapi import examples
from api.openapi.responses import BODY_PROBLEMS, json_response, problem_responses
from api.problems.catalogue import TOO_OFTEN, UNAVAILABLE
from api.requests.upload_queue import UploadQueue, result_of
from api.requests.uploads import NeedsUpload, ProgrammeUpload, errors_about_field, save_upload
from api.routes.matching.programmes import ProgrammeProgress, progress_of
from api.service import RunningService, Service
from matcher.programme.needs.needs_file import REJECTS, source_notes
from matcher.programme.needs.preview import NeedsPreview
from matcher.programme.needs.reading.reading import UPLOAD_LIMITS, NeedsSource, preview, save
from matcher.programme.needs.reading.saved_needs import NEEDS
from matcher.programme.runs import RunOptions
from matcher.register import Organisations

_MULTIPART: Final = "multipart/form-data"


class UploadRoute(GuardedRoute):
    """A guarded route that limits the uploads of each caller before any of the body is read."""

    def admitted(self, request: Request) -> AbstractContextManager[None]:
        """Return a context in which the upload counts towards the limit of its caller."""
        queue: UploadQueue = request.app.state.service.uploads
        return queue.admitted(_caller(request))


router = APIRouter(prefix="/v1/uploads", tags=["programmes"], route_class=UploadRoute)


@router.post(
    "",
    status_code=202,
    responses={
        **json_response(202, "The programme, queued to run.", examples.PROGRAMME_PROGRESS),
        **BODY_PROBLEMS,
        **problem_responses(TOO_OFTEN, UNAVAILABLE),
    },
)
async def upload_programme(
    request: Request,
    upload: Annotated[
        ProgrammeUpload, Form(media_type=_MULTIPART, openapi_examples={"file": {"value": examples.PROGRAMME_UPLOAD}})
    ],
    service: RunningService,
    access: CallerAccess,
    response: Response,
) -> ProgrammeProgress:
    """Match the needs in a file with the register as it is at this moment.

    A response of 202 means that the needs are stored. If `on_error` is `skip`, rows that cannot be read are
    counted as `refused` and listed in the results file `rejects.csv`, each with its field, the reason and the remedy.
    Otherwise the whole file is refused at the first such row.
    """
    service.readiness.require()
    programme = await run_in_threadpool(upload.options().programme, Organisations(service.store).current)
    async with _saved(request, service, upload) as source:
        out = source.path.parent / "out"
        summary = await result_of(save(source, UPLOAD_LIMITS, out, programme, upload.on_error), request)
        notes = source_notes(programme, summary)
        job = await run_in_threadpool(
            service.programmes.start_run_from,
            out / NEEDS,
            RunOptions(programme, by=access.organisation_id or "", notes=notes),
            refused=summary.refused,
            rejects=out / REJECTS,
        )
    response.headers["Location"] = f"/v1/programmes/{job.id}"
    return await run_in_threadpool(progress_of, job)


@router.post(
    "/previews",
    responses={
        **json_response(200, "How the file would be read.", examples.UPLOAD_PREVIEW),
        **BODY_PROBLEMS,
        **problem_responses(TOO_OFTEN, UNAVAILABLE),
    },
)
async def preview_upload(
    request: Request,
    upload: Annotated[
        NeedsUpload, Form(media_type=_MULTIPART, openapi_examples={"file": {"value": examples.NEEDS_UPLOAD}})
    ],
    service: RunningService,
) -> NeedsPreview:
    """Preview how a file of needs would be read, and what is wrong with it. Nothing is matched or stored."""
    async with _saved(request, service, upload) as source:
        return await result_of(preview(source, UPLOAD_LIMITS), request)


@asynccontextmanager
async def _saved(request: Request, service: Service, upload: NeedsUpload) -> AsyncIterator[NeedsSource]:
    """Save the file in a temporary folder, and wait for a turn to read it."""
    with TemporaryDirectory(prefix="matcher-upload-") as folder, errors_about_field():
        source = upload.source(Path(folder) / "needs")
        await run_in_threadpool(save_upload, upload.file, source.path)
        async with service.uploads.turn(_caller(request)):
            yield source


def _caller(request: Request) -> str:
    """Return the organisation that sends the request or, without accounts, the address that sends it."""
    access = cast("Access", request.state.access)
    return access.organisation_id or (request.client.host if request.client else "")
