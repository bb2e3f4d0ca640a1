"""Scoring: a monotone additive model. A score is a sum of named parts, nothing else.

Each signal has a curve that never falls, given by points and straight lines between them; its part of the
score is the curve's height at the signal's value. So meeting more of a need never lowers a score, and the
explanation is the computation itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from matcher.errors import Unavailable
from matcher.signals import SIGNALS

BASE: Final = "base"
_FILE: Final = "model.json"


@dataclass(frozen=True)
class Curve:
    """A curve that never falls: heights `values` at the points `at`, straight between, level outside."""

    at: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        points, heights = np.array(self.at), np.array(self.values)
        if not len(points) or len(points) != len(heights) or not np.isfinite([*points, *heights]).all():
            raise ValueError("a curve needs as many heights as points, all of them numbers")
        if (np.diff(points) <= 0).any():
            raise ValueError("the points of a curve must rise")
        if (np.diff(heights) < 0).any():
            raise ValueError("the heights of a curve must not fall")

    def __call__(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the heights at `x`, of the same shape."""
        # Rounding may lift a straight line above the point it leads to, by a last digit; the curve would then fall.
        ends = np.minimum(np.searchsorted(self.at, x, side="right"), len(self.at) - 1)
        heights: NDArray[np.float64] = np.minimum(np.interp(x, self.at, self.values), np.array(self.values)[ends])
        return heights


@dataclass(frozen=True)
class AdditiveModel:
    """`base` plus one curve a signal. `name` and `version` say which model gave a score."""

    name: str
    version: str
    base: float
    curves: dict[str, Curve]

    def __post_init__(self) -> None:
        unknown = set(self.curves) - {signal.name for signal in SIGNALS}
        if unknown:
            raise ValueError(f"the model scores signals that do not exist: {', '.join(sorted(unknown))}")

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts of a score, in the order they are added."""
        return (BASE, *(signal.name for signal in SIGNALS if signal.name in self.curves))

    def contributions(self, signals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the parts of each score, shape (rows, parts), for signals of shape (rows, SIGNALS)."""
        columns = [np.full(len(signals), self.base)]
        columns += [
            self.curves[signal.name](signals[:, i]) for i, signal in enumerate(SIGNALS) if signal.name in self.curves
        ]
        return np.column_stack(columns)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the model of a folder.

        Raises:
            Unavailable: there is none, or it cannot be read.

        """
        try:
            content: dict[str, Any] = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            curves = {name: Curve(tuple(c["at"]), tuple(c["values"])) for name, c in content["curves"].items()}
            return cls(content["name"], content["version"], float(content["base"]), curves)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Unavailable(
                f"the scoring model in {folder} cannot be read: {error}", remedy="Set MATCHER_RANKING_MODEL to a model"
            ) from error


def totals(contributions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add up the parts of each score from left to right, so that adding what is printed gives what is printed."""
    scores = np.zeros(len(contributions))
    for part in contributions.T:
        scores = scores + part
    return scores
