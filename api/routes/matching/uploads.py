"""Uploads: preview a file of needs, or run a programme on it. A file may be larger than a JSON body."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Form, Response

from api.access.guard import CallerAccess, GuardedRoute
from api.openapi import examples
from api.openapi.responses import BODY_PROBLEMS, json_response, problem_responses
from api.problems.catalogue import UNAVAILABLE
from api.requests.uploads import MAX_ROWS, NeedsUpload, ProgrammeUpload, saved_upload
from api.routes.matching.programmes import ProgrammeProgress, progress_of
from api.service import RunningService
from matcher.foundations.errors import InvalidInput, Place
from matcher.programme import RunOptions
from matcher.programme.needs.columns import parse_column_choice
from matcher.programme.needs.needs_file import REJECTS, ReadSummary, read_needs, source_notes
from matcher.programme.needs.preview import NeedsPreview, preview_of
from matcher.register import Organisations

router = APIRouter(prefix="/v1/uploads", tags=["programmes"], route_class=GuardedRoute)

_MULTIPART: Final = "multipart/form-data"


@router.post(
    "",
    status_code=202,
    responses={
        **json_response(202, "The programme, queued to run.", examples.PROGRAMME_PROGRESS),
        **BODY_PROBLEMS,
        **problem_responses(UNAVAILABLE),
    },
)
def upload_programme(
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
    programme = upload.options().programme(Organisations(service.store).current)
    columns, summary = _columns(upload), ReadSummary()
    with saved_upload(upload.file) as path:
        out = path.parent / "out"
        rows = read_needs(
            path, out, on_error=upload.on_error, chosen=columns, sheet=upload.sheet, summary=summary, max_rows=MAX_ROWS
        )
        needs = list(rows)
        options = RunOptions(programme, by=access.organisation_id or "", notes=source_notes(programme, summary))
        job = service.programmes.start_run(needs, options, refused=summary.refused, rejects=out / REJECTS)
    response.headers["Location"] = f"/v1/programmes/{job.id}"
    return progress_of(job)


@router.post(
    "/previews",
    responses={
        **json_response(200, "How the file would be read.", examples.UPLOAD_PREVIEW),
        **BODY_PROBLEMS,
        **problem_responses(UNAVAILABLE),
    },
)
def preview_upload(
    upload: Annotated[
        NeedsUpload, Form(media_type=_MULTIPART, openapi_examples={"file": {"value": examples.NEEDS_UPLOAD}})
    ],
) -> NeedsPreview:
    """Preview how a file of needs would be read, and what is wrong with it. Nothing is matched or stored."""
    columns = _columns(upload)
    with saved_upload(upload.file) as path:
        return preview_of(path, columns, upload.sheet, max_rows=MAX_ROWS)


def _columns(upload: NeedsUpload) -> dict[str, str]:
    try:
        return parse_column_choice(upload.columns)
    except InvalidInput as error:
        raise InvalidInput(error.problem, remedy=error.remedy, place=Place(field="columns")) from error
