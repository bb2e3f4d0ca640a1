"""Run manifest: what a run matches, and with which data, model and versions."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from matcher.foundations.reference_tables import digests
from matcher.programme.programme import Programme
from matcher.programme.runs.chunks import SearchOptions

_DIGEST_BYTES: Final = 16


class ToolVersions(BaseModel):
    """What the results depend on apart from the records, the model and the vectors: the version of the program, and
    the SHA-256 digest of each reference table, by file name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    program: str
    reference: dict[str, str]

    @classmethod
    def current(cls) -> Self:
        """Return the versions that this process uses."""
        try:
            program = version("partnership-matcher")
        except PackageNotFoundError:  # the program runs from a folder and is not installed
            program = "unknown"
        return cls(program=program, reference=digests())

    def differences(self, other: Self) -> list[str]:
        """Describe how `other` differs, such as "version 0.2 in place of 0.1" or "the reference table terms.csv"."""
        names = sorted(self.reference.keys() | other.reference.keys())
        tables = [name for name in names if self.reference.get(name) != other.reference.get(name)]
        versions = [f"version {other.program} in place of {self.program}"] if self.program != other.program else []
        return versions + [f"the reference table {name}" for name in tables]


class RunManifest(BaseModel):
    """The definition of a run. It never changes, so a resumed run gives the same results.

    `by` is the id of the organisation that started the run, or "". `refused` is the number of rows refused in
    the needs file. `notes` appear in the report. `out` is the folder for the results, or "" for the run's own folder.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    by: str = ""
    created: datetime
    programme: Programme
    notes: tuple[str, ...] = ()
    needs: int
    refused: int = 0
    needs_digest: str
    depth: int
    sequence: int
    origin: str
    encoder: str
    model_digest: str
    tools: ToolVersions = Field(default_factory=ToolVersions.current)
    chunk: int
    out: str

    @classmethod
    def unsealed(cls, content: bytes) -> Self:
        """Return the manifest from `content`, as written by `sealed`.

        Raises:
            ValueError: `content` is damaged.

        """
        stored = json.loads(content)
        if not isinstance(stored, dict) or stored.pop("checksum", None) != digest_of(_canonical(stored)):
            raise ValueError("its checksum differs")
        return cls.model_validate(stored)

    def sealed(self) -> bytes:
        """Return the manifest as JSON with a checksum."""
        content = self.model_dump(mode="json")
        return _canonical({**content, "checksum": digest_of(_canonical(content))})

    @property
    def on(self) -> date:
        """The date on which accreditations must be valid."""
        return self.programme.on or self.created.date()

    def search_options(self) -> SearchOptions:
        """Return the search options, which apply to every need."""
        programme = self.programme
        return SearchOptions(programme.filters, programme.apply_requirements, self.on, self.depth, programme.top)

    @property
    def chunks(self) -> int:
        """The number of chunks."""
        return -(-self.needs // self.chunk)


def digest_of(content: bytes) -> str:
    """Return the BLAKE2b digest of `content`, in hexadecimal: the checksum of a run's files."""
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).hexdigest()


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, indent=1).encode()
