r"""Scoring: a monotone additive model whose explanation is the computation itself.

Every piece d of a profile gets a strength, a sum of its signals x with weights that are never negative:

    u(d) = bias(family) + Σ weight(family, k) · x(d, k)

and the profile the pooled strength E = log Σ exp u(d), a soft vote of its pieces: several similar pieces of
work say more than one, and a piece that has nothing to do with the need adds next to nothing. With the
share p(d) = exp(u(d) - E) that each piece has in it,

    E = Σ p(d) · bias + Σ over signals of Σ p(d) · weight · x(d, k) + Σ p(d) · -log p(d)

holds exactly (the last sum is the entropy of the shares, here called breadth). So E is a sum of named
parts; signals of the whole profile add a part each by a curve that never falls. Raising a signal of any
piece, or adding a piece, never lowers the score.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from matcher.foundations.arrays import Floats, Rows
from matcher.foundations.errors import InvalidInput, Unavailable
from matcher.foundations.row_groups import sizes_of
from matcher.scoring.signals import (
    FAMILIES,
    PIECE_SIGNALS,
    PROFILE_SIGNALS,
    Candidates,
    NeedFacts,
    piece_signals,
    profile_signals,
)

BASE: Final = "base"
BREADTH: Final = "breadth"
# Names of the parts of every score, in the order they are added.
PARTS: Final = (BASE, *(s.name for s in PIECE_SIGNALS), BREADTH, *(s.name for s in PROFILE_SIGNALS))
_FILE: Final = "model.json"


@dataclass(frozen=True)
class Curve:
    """A curve that never falls: heights `values` at the points `at`, straight between, level outside.

    `unknown` is its height where the signal is not known (NaN).
    """

    at: tuple[float, ...]
    values: tuple[float, ...]
    unknown: float = 0.0

    def __post_init__(self) -> None:
        points, heights = np.array(self.at), np.array(self.values)
        if not len(points) or len(points) != len(heights) or not np.isfinite([*points, *heights, self.unknown]).all():
            raise ValueError("a curve needs as many heights as points, all of them numbers")
        if (np.diff(points) <= 0).any():
            raise ValueError("the points of a curve must rise")
        if (np.diff(heights) < 0).any():
            raise ValueError("the heights of a curve must not fall")

    def __call__(self, x: Floats) -> Floats:
        """Return the heights at `x`, of the same shape."""
        # Rounding may lift a straight line above the point it leads to, by a last digit; the curve would then fall.
        ends = np.minimum(np.searchsorted(self.at, x, side="right"), len(self.at) - 1)
        heights = np.minimum(np.interp(x, self.at, self.values), np.array(self.values)[ends])
        return np.where(np.isnan(x), self.unknown, heights)


@dataclass(frozen=True)
class Scored:
    """Scores of candidates. `parts` add up to `scores` from left to right; `shares` are those of the pieces."""

    scores: Floats  # (candidates,)
    parts: Floats  # (candidates, PARTS)
    shares: Floats  # (pieces,)


@dataclass(frozen=True)
class AdditiveModel:
    """Weights of the piece signals by family, shape (FAMILIES, PIECE_SIGNALS), biases, and curves.

    `probability` turns a score into the share of comparable pairs in which the supplier won, as log odds.
    """

    name: str
    version: str
    base: float
    bias: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    curves: dict[str, Curve]
    log_odds: Curve

    def __post_init__(self) -> None:
        weights = np.array(self.weights)
        if weights.shape != (len(FAMILIES), len(PIECE_SIGNALS)) or len(self.bias) != len(FAMILIES):
            raise ValueError("the model's weights are not those of these signals")
        if not np.isfinite([self.base, *self.bias]).all() or not (np.isfinite(weights) & (weights >= 0)).all():
            raise ValueError("a weight is negative or no number")
        if set(self.curves) != {signal.name for signal in PROFILE_SIGNALS}:
            raise ValueError("the model's curves are not those of these signals")

    def score(self, candidates: Candidates, facts: NeedFacts) -> Scored:
        """Return the scores of all candidates, with their parts."""
        if not len(candidates):
            return Scored(np.empty(0), np.empty((0, len(PARTS))), np.empty(0))
        signals = piece_signals(candidates, facts), profile_signals(candidates)
        return self.pooled(*signals, candidates.family, candidates.piece_starts)

    def pooled(self, pieces: Floats, profiles: Floats, family: NDArray[np.int8], starts: Rows) -> Scored:
        """Return the scores for given signals, shapes (pieces, PIECE_SIGNALS) and (candidates, PROFILE_SIGNALS).

        `family` is that of each piece, `starts` the first piece of each candidate; at least one candidate.
        """
        owners = np.repeat(np.arange(len(starts)), sizes_of(starts, len(family)))
        bias = np.array(self.bias).take(family)
        # One signal after the other in memory, and nothing moved that need not be: there are many pieces.
        earned = np.array(self.weights).T.take(family, axis=1).T
        earned *= pieces
        strength = bias + _added(earned)
        relative = strength - np.maximum.reduceat(strength, starts)[owners]
        raised = np.exp(relative)
        total = np.add.reduceat(raised, starts)
        shares = raised / total[owners]
        surprise = np.log(total)[owners] - relative
        earned *= shares[:, None]
        parts = np.column_stack(
            [
                self.base + np.add.reduceat(shares * bias, starts),
                np.add.reduceat(earned, starts, axis=0),
                np.add.reduceat(shares * surprise, starts),
                *(self.curves[s.name](profiles[:, i]) for i, s in enumerate(PROFILE_SIGNALS)),
            ]
        )
        return Scored(_added(parts), parts, shares)

    def probability(self, scores: Floats) -> Floats:
        """Return the probabilities that go with scores."""
        return 1.0 / (1.0 + np.exp(-self.log_odds(scores)))

    def without(self, signals: Collection[str]) -> Self:
        """Return the model with `signals` taken out: they add nothing, whatever they are.

        Raises:
            InvalidInput: there is no signal of that name.

        """
        known = [signal.name for signal in (*PIECE_SIGNALS, *PROFILE_SIGNALS)]
        if strange := sorted(set(signals) - set(known)):
            raise InvalidInput(f"“{strange[0]}” is no signal", remedy=f"Name one of: {', '.join(known)}")
        kept = [signal.name not in signals for signal in PIECE_SIGNALS]
        weights = tuple(tuple(w if k else 0.0 for w, k in zip(row, kept, strict=True)) for row in self.weights)
        level = dict.fromkeys(set(signals) & set(self.curves), Curve((0.0,), (0.0,)))
        return replace(self, weights=weights, curves={**self.curves, **level})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the model of a folder.

        Raises:
            Unavailable: there is none, or it cannot be read.

        """
        try:
            return cls.of_content(json.loads((folder / _FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise Unavailable(
                f"the scoring model in {folder} cannot be read: {error}", remedy="Set MATCHER_RANKING_MODEL to a model"
            ) from error

    @classmethod
    def of_content(cls, content: dict[str, Any]) -> Self:
        """Return the model that `content` once gave this.

        Raises:
            ValueError: it is no model, or one for other signals.

        """
        try:
            signals = [signal.name for signal in PIECE_SIGNALS]
            if strange := {name for family in content["families"].values() for name in family["weights"]} - {*signals}:
                raise ValueError(f"there is no signal {min(strange)!r}")
            return cls(
                name=content["name"],
                version=content["version"],
                base=float(content["base"]),
                bias=tuple(float(content["families"][family]["bias"]) for family in FAMILIES),
                weights=tuple(
                    tuple(float(content["families"][family]["weights"].get(signal, 0.0)) for signal in signals)
                    for family in FAMILIES
                ),
                curves={name: _curve(curve) for name, curve in content["curves"].items()},
                log_odds=_curve(content["log_odds"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(str(error)) from error

    def save(self, folder: Path) -> None:
        """Write the model into `folder`; `load` gives it back unchanged."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _FILE).write_text(json.dumps(self.content(), indent=1) + "\n", encoding="utf-8")

    def content(self) -> dict[str, Any]:
        """Return the model as a JSON value; `of_content` gives it back unchanged."""
        signals = [signal.name for signal in PIECE_SIGNALS]
        families = {
            family: {"bias": bias, "weights": {s: w for s, w in zip(signals, weights, strict=True) if w}}
            for family, bias, weights in zip(FAMILIES, self.bias, self.weights, strict=True)
        }
        return {
            "name": self.name,
            "version": self.version,
            "base": self.base,
            "families": families,
            "curves": {name: vars(curve) for name, curve in self.curves.items()},
            "log_odds": vars(self.log_odds),
        }


def _curve(content: dict[str, Any]) -> Curve:
    return Curve(tuple(content["at"]), tuple(content["values"]), float(content.get("unknown", 0.0)))


def _added(parts: Floats) -> Floats:
    """Add up columns from left to right, so that adding what is printed gives what is printed."""
    scores = np.zeros(len(parts))
    for part in parts.T:
        scores = scores + part
    return scores
