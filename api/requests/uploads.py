"""Uploaded files of needs, and the form fields sent with them."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final, Literal

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field, Json

from api.requests.programme_requests import Capacity, ProgrammeOptions, Top
from matcher.foundations.errors import InvalidInput, Place, Unavailable
from matcher.records import Filters
from matcher.records.fields import Phrase, Title

# The most rows allowed in one file. Larger files would delay other requests, so match them on the command line.
MAX_ROWS: Final = 100_000
_WORKBOOK_ENDINGS: Final = (".xlsx", ".xls", ".ods")
FILE_ENDINGS: Final = (".csv", ".tsv", ".txt", *_WORKBOOK_ENDINGS, ".jsonl", ".ndjson", ".json")
# First bytes of gzip, bzip2, xz and Zstandard files, which are refused because only unpacking shows their full size.
_COMPRESSED: Final = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd")
_ZIP: Final = b"PK"
# How many files may be read at the same time, and how many seconds another file waits for its turn.
_SLOTS: Final = threading.BoundedSemaphore(2)
_MAX_WAIT: Final = 10.0


class NeedsUpload(BaseModel):
    """A file of needs, and how to read the file."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    file: UploadFile = Field(
        description="CSV, Excel (.xlsx or .xls), OpenDocument (.ods), JSON Lines (.jsonl) or OCDS packages (.json)."
    )
    columns: Annotated[str, Field(max_length=5_000)] = Field(
        "",
        description="Which column holds which field, as `title=Column,value=Column`. "
        "Other fields are read from columns with their usual names.",
    )
    sheet: Phrase | None = Field(None, description="Workbook sheet to read. The default is the sheet that fits best.")


class ProgrammeUpload(NeedsUpload):
    """A file of needs, and the options of the programme to run on them."""

    name: Title
    region: Phrase | None = Field(None, description="As in `POST /v1/programmes`.")
    filters: Json[Filters] | None = Field(None, description="Which partners are eligible, as JSON.")
    top: Top = Field(10, description="How many partners to return for each need.")
    apply_requirements: bool = Field(
        True, description="Whether partners that do not meet a need's requirements are left out."
    )
    capacity: Capacity | None = Field(None, description="As in `POST /v1/programmes`.")
    on_error: Literal["stop", "skip"] = Field(
        "stop",
        description="If a row cannot be read, `stop` refuses the whole file and `skip` saves the row in rejects.csv.",
    )

    def options(self) -> ProgrammeOptions:
        """Return the programme's options."""
        return ProgrammeOptions(
            name=self.name,
            region=self.region,
            filters=self.filters or Filters(),
            top=self.top,
            apply_requirements=self.apply_requirements,
            capacity=self.capacity,
        )


@contextmanager
def saved_upload(upload: UploadFile) -> Iterator[Path]:
    """Save `upload` to a temporary file and yield its path. Report errors in the file as errors in the field `file`.

    Raises:
        InvalidInput: the file type is not supported, or the `with` block raised InvalidInput about the file.
        Unavailable: too many other files are being read.

    """
    ending = Path(upload.filename or "").suffix.lower()
    if ending not in FILE_ENDINGS:
        raise _invalid_file(
            "the file type is not recognised", f"Send a file whose name ends in {', '.join(FILE_ENDINGS)}"
        )
    if not _SLOTS.acquire(timeout=_MAX_WAIT):
        raise Unavailable("too many files are being read", remedy="Send it again in a few minutes")
    try:
        with TemporaryDirectory(prefix="matcher-upload-") as folder, _errors_about_field():
            path = Path(folder) / f"needs{ending}"
            with path.open("wb") as file:
                shutil.copyfileobj(upload.file, file)
            _check_not_compressed(path, ending)
            yield path
    finally:
        _SLOTS.release()


def _check_not_compressed(path: Path, ending: str) -> None:
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(_COMPRESSED) or (start.startswith(_ZIP) and ending not in _WORKBOOK_ENDINGS):
        raise _invalid_file(
            "is compressed, or its type does not match its name", "Send it uncompressed, with the right file name"
        )


@contextmanager
def _errors_about_field() -> Iterator[None]:
    """In errors, name the form field `file` instead of the temporary file, and give the row and column in words."""
    try:
        yield
    except InvalidInput as error:
        if error.place.file is None:
            raise
        row = f"row {error.place.line}" if error.place.line is not None else ""
        where = ", ".join(part for part in (row, error.place.field) if part)
        raise _invalid_file(f"{where}: {error.problem}" if where else error.problem, error.remedy) from error


def _invalid_file(problem: str, remedy: str) -> InvalidInput:
    return InvalidInput(problem, remedy=remedy, place=Place(field="file"))
