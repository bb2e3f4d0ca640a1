"""The non-code files that come with the product: models and tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

_PACKAGE = Path(__file__).resolve().parents[1]
# `setup.py` copies `data/` and `models/` here when it builds a wheel.
_IN_WHEEL = _PACKAGE / "_artefacts"


@dataclass(frozen=True)
class Artefacts:
    """Folders of the non-code files that come with the product."""

    reference: Path
    """Reference tables: places, postcodes, NHS organisations, terms."""
    programme: Path
    """Tables for programme reports: themes and CPV divisions."""
    models: Path
    """The models in use, each in its own folder; `matcher promote` replaces a model."""

    @classmethod
    def installed(cls) -> Self:
        """Return the artefacts inside the installed package or, in a checkout, beside the package."""
        return cls.below(_IN_WHEEL if _IN_WHEEL.is_dir() else _PACKAGE.parent)

    @classmethod
    def below(cls, root: Path) -> Self:
        """Return the artefacts in the folder `root`, laid out as in the repository."""
        return cls(reference=root / "data" / "reference", programme=root / "data" / "programme", models=root / "models")

    @property
    def ranking(self) -> Path:
        """Folder of the ranking model."""
        return self.models / "ranking"

    @property
    def encoder_weights(self) -> Path:
        """File that holds the encoder's tuned weights."""
        return self.models / "encoder" / "weights.safetensors"

    @property
    def reader(self) -> Path:
        """Folder of the model that reads the first candidates of a search again."""
        return self.models / "reader"
