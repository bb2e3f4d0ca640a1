"""The manifest of a trained model."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

MANIFEST_FILE: Final = "manifest.json"


@dataclass(frozen=True)
class EncoderLessons:
    """What the encoder was tuned on: `history` is the hash of the awards, and `pairs` counts text pairs by kind."""

    history: str
    awards: int
    first: str
    last: str
    pairs: dict[str, int]
    runs: int
    steps: int
    seed: int


@dataclass(frozen=True)
class JudgementCounts:
    """A set of judgements: its hash, and how many needs and grades it has in the register."""

    judgements: str
    needs: int
    grades: int


@dataclass(frozen=True)
class RankingLessons:
    """What the weights were fitted on, what the probability was calibrated on, and the figures on the latter.

    `read_figures` are those with a second reading, or None if there was none.
    """

    fitted: JudgementCounts
    calibrated: JudgementCounts
    figures: dict[str, Any]
    read_figures: dict[str, Any] | None


@dataclass(frozen=True)
class ModelManifest:
    """What a model was trained on. A part that training did not change is None."""

    name: str
    version: str
    encoder: EncoderLessons | None
    ranking: RankingLessons | None

    def to_json(self) -> dict[str, Any]:
        """Return the manifest as a JSON value."""
        return asdict(self)

    def save(self, folder: Path) -> None:
        """Write the manifest to `folder` as `MANIFEST_FILE`."""
        (folder / MANIFEST_FILE).write_text(json.dumps(self.to_json(), indent=1) + "\n", encoding="utf-8")
