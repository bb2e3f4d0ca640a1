"""Manifest: what a run is to do."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from matcher.programme.chunks import Terms
from matcher.records import Filters


class Manifest(BaseModel):
    """What a run is to do. It never changes, so a run that is taken up again does the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    by: str = ""
    created: datetime
    needs: int
    needs_digest: str
    filters: Filters
    apply_requirements: bool
    top: int
    depth: int
    on: str
    sequence: int
    origin: str
    encoder: str
    model_digest: str
    chunk: int
    out: str

    def terms(self) -> Terms:
        """Return how each need is searched for."""
        on = datetime.fromisoformat(self.on).date()
        return Terms(self.filters, self.apply_requirements, on, self.depth, self.top)

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.needs // self.chunk)
