"""Uploaded files of needs, and the form fields sent with them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field, Json

from api.requests.programme_requests import Capacity, ProgrammeOptions, Top
from matcher.foundations.errors import InvalidInput, Place
from matcher.programme.needs.columns import parse_column_choice
from matcher.programme.needs.reading.reading import NeedsSource
from matcher.records import Filters
from matcher.records.fields import Phrase, Title

# First bytes of gzip, bzip2, xz and Zstandard files, which are refused because only unpacking shows their full size.
_COMPRESSED: Final = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd")


class NeedsUpload(BaseModel):
    """A file of needs, and how to read the file."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    file: UploadFile = Field(
        description="CSV, Excel (.xlsx or .xls), OpenDocument (.ods), JSON Lines (.jsonl) or OCDS packages (.json). "
        "The content of the file decides how it is read, not its name."
    )
    columns: Annotated[str, Field(max_length=5_000)] = Field(
        "",
        description="Which column holds which field, as `title=Column,value=Column`. "
        "Other fields are read from columns with their usual names.",
    )
    sheet: Phrase | None = Field(None, description="Workbook sheet to read. The default is the sheet that fits best.")

    def source(self, path: Path) -> NeedsSource:
        """Return how to read the file, which is saved at `path`.

        Raises:
            InvalidInput: `columns` is not valid.

        """
        try:
            return NeedsSource(path, parse_column_choice(self.columns), self.sheet)
        except InvalidInput as error:
            raise InvalidInput(error.problem, remedy=error.remedy, place=Place(field="columns")) from error


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


def save_upload(upload: UploadFile, path: Path) -> None:
    """Save `upload` at `path`.

    Raises:
        InvalidInput: the file is compressed.

    """
    start = upload.file.read(8)
    if start.startswith(_COMPRESSED):
        raise _invalid_file("is compressed", "Send it uncompressed")
    upload.file.seek(0)
    with path.open("wb") as file:
        shutil.copyfileobj(upload.file, file)


@contextmanager
def errors_about_field() -> Iterator[None]:
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
