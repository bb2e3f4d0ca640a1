"""Uploads: a file of needs, larger than JSON may be, previewed or made a programme of."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Form, Response

from api.access.guard import Admitted, GuardedRoute
from api.openapi import examples
from api.openapi.responses import described
from api.problems import UNAVAILABLE, documented
from api.requests.uploads import MOST_ROWS, SentProgramme, SentTable, laid_down
from api.routes.matching.programmes import ProgrammeProgress, told
from api.routes.records.revisions import SENT
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
    responses={**described(202, "It waits to be run.", examples.PROGRAMME), **documented(UNAVAILABLE), **SENT},
)
def upload_programme(
    sent: Annotated[
        SentProgramme, Form(media_type=_MULTIPART, openapi_examples={"file": {"value": examples.SENT_PROGRAMME}})
    ],
    service: RunningService,
    access: Admitted,
    response: Response,
) -> ProgrammeProgress:
    """Match the needs of a file with the register as it is now. What is answered with 202 is kept.

    With `on_error` skip, rows that cannot be read are counted as `refused` and stand in the result `rejects.csv`, each
    with its field, the reason and the remedy; otherwise the first of them refuses the whole file.
    """
    service.readiness.require()
    asked = sent.order().programme(Organisations(service.store).today)
    columns, intake = _columns(sent), ReadSummary()
    with laid_down(sent.file) as path:
        out = path.parent / "out"
        found = read_needs(
            path, out, on_error=sent.on_error, chosen=columns, sheet=sent.sheet, intake=intake, most=MOST_ROWS
        )
        needs = list(found)
        order = RunOptions(asked, by=access.organisation_id or "", notes=source_notes(asked, intake))
        job = service.programmes.start_run(needs, order, refused=intake.refused, rejects=out / REJECTS)
    response.headers["Location"] = f"/v1/programmes/{job.id}"
    return told(job)


@router.post(
    "/previews",
    responses={
        **described(200, "How it would be read.", examples.UPLOAD_PREVIEW),
        **documented(UNAVAILABLE),
        **SENT,
    },
)
def preview_upload(
    sent: Annotated[SentTable, Form(media_type=_MULTIPART, openapi_examples={"file": {"value": examples.SENT_TABLE}})],
) -> NeedsPreview:
    """Show how a file of needs would be read, and what is wrong with it. Nothing is matched or kept."""
    columns = _columns(sent)
    with laid_down(sent.file) as path:
        return preview_of(path, columns, sent.sheet, most=MOST_ROWS)


def _columns(sent: SentTable) -> dict[str, str]:
    try:
        return parse_column_choice(sent.columns)
    except InvalidInput as error:
        raise InvalidInput(error.problem, remedy=error.remedy, place=Place(field="columns")) from error
