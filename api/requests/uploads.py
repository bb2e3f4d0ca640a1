"""Uploads: a file of needs that came with a request, and what is said of it."""

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

from api.requests.programme_requests import Capacity, Ordered, Top
from matcher.foundations.errors import InvalidInput, Place, Unavailable
from matcher.records import Filters
from matcher.records.fields import Phrase, Title

# Rows of one file. A service has others to serve: more than this many needs are matched on the command line.
MOST_ROWS: Final = 100_000
ENDINGS: Final = (".csv", ".tsv", ".txt", ".xlsx", ".jsonl", ".ndjson", ".json")
# How compressed files begin, but for workbooks. What a small one may come to is not known before it is unpacked.
_COMPRESSED: Final = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd")
_ZIP: Final = b"PK"
# Files that are read at the same time, and how long another waits for its turn, in seconds.
_AT_ONCE: Final = threading.BoundedSemaphore(2)
_PATIENCE: Final = 10.0


class SentTable(BaseModel):
    """A file of needs, and how it is read."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    file: UploadFile = Field(description="CSV, Excel (.xlsx), JSON Lines (.jsonl) or OCDS packages (.json).")
    columns: Annotated[str, Field(max_length=5_000)] = Field(
        "", description="Which column holds which field, `title=Column,value=Column`; the others by their usual names."
    )
    sheet: Phrase | None = Field(None, description="Sheet of a workbook; default: the one that fits best.")


class SentProgramme(SentTable):
    """A file of needs, and what is asked of the programme."""

    name: Title
    region: Phrase | None = Field(None, description="As in `POST /v1/programmes`.")
    filters: Json[Filters] | None = Field(None, description="Who is eligible, as JSON.")
    top: Top = Field(10, description="How many partners a need.")
    apply_requirements: bool = Field(True, description="Whether what a need requires also decides.")
    capacity: Capacity | None = Field(None, description="As in `POST /v1/programmes`.")
    on_error: Literal["stop", "skip"] = Field(
        "stop", description="At a row that cannot be read: refuse the file, or keep the row in rejects.csv."
    )

    def order(self) -> Ordered:
        """Return what is asked of the programme."""
        return Ordered(
            name=self.name,
            region=self.region,
            filters=self.filters or Filters(),
            top=self.top,
            apply_requirements=self.apply_requirements,
            capacity=self.capacity,
        )


@contextmanager
def laid_down(upload: UploadFile) -> Iterator[Path]:
    """Lay a file down under a name of our own while it is read; what is wrong with it is told of the field `file`.

    Raises:
        InvalidInput: it is of no kind that is read, or what reads it says so.
        Unavailable: others are being read.

    """
    ending = Path(upload.filename or "").suffix.lower()
    if ending not in ENDINGS:
        raise _refused("its name has no ending that tells its kind", f"Send a file named *{', *'.join(ENDINGS)}")
    if not _AT_ONCE.acquire(timeout=_PATIENCE):
        raise Unavailable("other files are being read", remedy="Send it again in a while")
    try:
        with TemporaryDirectory(prefix="matcher-upload-") as folder, _told_of_field():
            path = Path(folder) / f"needs{ending}"
            with path.open("wb") as file:
                shutil.copyfileobj(upload.file, file)
            _check_start(path, ending)
            yield path
    finally:
        _AT_ONCE.release()


def _check_start(path: Path, ending: str) -> None:
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(_COMPRESSED) or (start.startswith(_ZIP) and ending != ".xlsx"):
        raise _refused("is compressed, or of another kind than its name says", "Send it as it is, unpacked")


@contextmanager
def _told_of_field() -> Iterator[None]:
    """Turn the place in a file that only the service sees into words."""
    try:
        yield
    except InvalidInput as error:
        if error.place.file is None:
            raise
        row = f"row {error.place.line}" if error.place.line is not None else ""
        where = ", ".join(part for part in (row, error.place.field) if part)
        raise _refused(f"{where}: {error.problem}" if where else error.problem, error.remedy) from error


def _refused(problem: str, remedy: str) -> InvalidInput:
    return InvalidInput(problem, remedy=remedy, place=Place(field="file"))
