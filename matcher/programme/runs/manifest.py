"""Manifest: what a run is to do, with what."""

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
    """What numbers are computed with besides records, model and vectors: the program's version and the SHA-256 of
    each reference table.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    program: str
    reference: dict[str, str]

    @classmethod
    def current(cls) -> Self:
        """Return those of this process."""
        try:
            program = version("partnership-matcher")
        except PackageNotFoundError:  # run from a folder that was never installed
            program = "unknown"
        return cls(program=program, reference=digests())

    def differences(self, other: Self) -> list[str]:
        """Return in words what of `other` is not as here: "version 0.2 in place of 0.1", "terms.csv"."""
        names = sorted(self.reference.keys() | other.reference.keys())
        tables = [name for name in names if self.reference.get(name) != other.reference.get(name)]
        versions = [f"version {other.program} in place of {self.program}"] if self.program != other.program else []
        return versions + [f"the reference table {name}" for name in tables]


class RunManifest(BaseModel):
    """What a run is to do. It never changes, so a run that is taken up again does the same.

    `programme` names its day. `refused` counts rows that were no needs. `notes` go into the report. `out` is where
    the results go, "" for the run's own folder.
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
        """Return the manifest that `sealed` gave.

        Raises:
            ValueError: it is damaged.

        """
        kept = json.loads(content)
        if not isinstance(kept, dict) or kept.pop("checksum", None) != digest_of(_canonical(kept)):
            raise ValueError("its checksum differs")
        return cls.model_validate(kept)

    def sealed(self) -> bytes:
        """Return it as JSON with a checksum."""
        kept = self.model_dump(mode="json")
        return _canonical({**kept, "checksum": digest_of(_canonical(kept))})

    @property
    def on(self) -> date:
        """The day on which accreditations must be held."""
        return self.programme.on or self.created.date()

    def search_options(self) -> SearchOptions:
        """Return how each need is searched for."""
        asked = self.programme
        return SearchOptions(asked.filters, asked.apply_requirements, self.on, self.depth, asked.top)

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.needs // self.chunk)


def digest_of(content: bytes) -> str:
    """Return the BLAKE2b digest by which files of a run are known again."""
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).hexdigest()


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, indent=1).encode()
