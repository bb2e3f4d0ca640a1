"""The manifest of a trained model."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

MANIFEST_FILE: Final = "manifest.json"


@dataclass
class ModelManifest:
    """What a model was trained on, and how well the same recipe ranked suppliers for the awards in the holdout.

    `history` is the hash of the awards, and `held_back` holds the figures for the holdout.
    """

    name: str
    version: str
    history: str
    awards: int
    first: str
    last: str
    pairs: dict[str, int]
    runs: int
    steps: int
    fitted_needs: int
    register_needs: int
    seed: int
    held_back: dict[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write the manifest to `folder` as `MANIFEST_FILE`."""
        (folder / MANIFEST_FILE).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
