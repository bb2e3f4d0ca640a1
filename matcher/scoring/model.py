r"""The scoring model: monotone and additive, so that a score is the sum of the parts that explain it.

Each piece d of a profile gets a strength: a bias plus the sum of its signals x, with weights that are never negative:

    u(d) = bias(family) + Σ weight(family, k) · x(d, k)

A model pools the strengths of a profile's pieces in one of two ways. In the first, the best piece gives the pooled
strength E = max u(d). A copy of a piece, or a piece unrelated to the need, then changes nothing, and the parts of E are
the bias and the weighted signals of the best piece. In the second, the soft vote, E = log Σ exp u(d). Several similar
pieces of work count for more than one. If p(d) = exp(u(d) - E) is the share of each piece, then

    E = Σ p(d) · bias + Σ over signals of Σ p(d) · weight · x(d, k) + Σ p(d) · -log p(d)

holds exactly. The last sum is the entropy of the shares, here called breadth. So E is a sum of named parts.
Each signal of the whole profile adds one more part, through a curve that never falls. Raising a signal, or adding a
piece, never lowers the score.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from matcher.foundations.arrays import Floats, Rows
from matcher.foundations.errors import InvalidInput, Unavailable
from matcher.foundations.row_groups import group_sizes
from matcher.scoring.candidates import FAMILIES, Candidates, NeedFacts
from matcher.scoring.curves import FLAT, Curve
from matcher.scoring.piece_signals import PIECE_SIGNALS, measure_pieces
from matcher.scoring.profile_signals import PROFILE_SIGNALS, READING, measure_profiles

BASE: Final = "base"
BREADTH: Final = "breadth"
_PIECE_SIGNALS: Final = tuple(signal.name for signal in PIECE_SIGNALS)
_PROFILE_SIGNALS: Final = tuple(signal.name for signal in PROFILE_SIGNALS)
# The names of the parts of every score, in the order in which they are added.
PARTS: Final = (BASE, *_PIECE_SIGNALS, BREADTH, *_PROFILE_SIGNALS)
_FILE: Final = "model.json"


class Pooling(StrEnum):
    """How the strengths of a profile's pieces become one strength. By default, a model uses the soft vote."""

    SOFT_VOTE = "soft vote"
    BEST_PIECE = "best piece"


@dataclass(frozen=True)
class Scored:
    """Scores of candidates. Adding up each row of `parts` from left to right gives exactly `scores`."""

    scores: Floats  # (candidates,)
    parts: Floats  # (candidates, PARTS)
    shares: Floats  # (pieces,) each piece's share of its profile's strength: exp u(d) over the sum for all pieces


@dataclass(frozen=True)
class AdditiveModel:
    """A scoring model.

    Attributes:
        base: the number added to every score.
        bias: the bias of each family, shape (FAMILIES,).
        weights: the weights of the piece signals in each family, shape (FAMILIES, PIECE_SIGNALS).
        curves: the curve of each profile signal, by signal name.
        log_odds: the curve that turns a score into log odds, of being suitable or of whatever the model has learned.
        pooling: how the pieces of a profile are pooled.
        read_log_odds: the curve to use in place of `log_odds` if the first candidates were read a second time.

    """

    name: str
    version: str
    base: float
    bias: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    curves: dict[str, Curve]
    log_odds: Curve
    pooling: Pooling = Pooling.SOFT_VOTE
    read_log_odds: Curve | None = None

    def __post_init__(self) -> None:
        weights = np.array(self.weights)
        if weights.shape != (len(FAMILIES), len(PIECE_SIGNALS)) or len(self.bias) != len(FAMILIES):
            raise ValueError("the weights do not match the families and piece signals")
        if not np.isfinite([self.base, *self.bias]).all() or not (np.isfinite(weights) & (weights >= 0)).all():
            raise ValueError("a weight is negative or not a finite number")
        if set(self.curves) != set(_PROFILE_SIGNALS):
            raise ValueError("the curves do not match the profile signals")

    def score(self, candidates: Candidates, facts: NeedFacts) -> Scored:
        """Return the scores of all candidates for a need, with their parts."""
        if not len(candidates):
            return Scored(np.empty(0), np.empty((0, len(PARTS))), np.empty(0))
        signals = measure_pieces(candidates, facts), measure_profiles(candidates, facts)
        return self.pooled(*signals, candidates.family, candidates.piece_starts)

    def pooled(self, pieces: Floats, profiles: Floats, family: NDArray[np.int8], starts: Rows) -> Scored:
        """Return the scores of one or more candidates whose signals have already been measured.

        Args:
            pieces: the signals of the pieces, shape (pieces, PIECE_SIGNALS).
            profiles: the signals of the candidates, shape (candidates, PROFILE_SIGNALS).
            family: for each piece, the position of its family in `FAMILIES`.
            starts: the first piece of each candidate.

        """
        owners = np.repeat(np.arange(len(starts)), group_sizes(starts, len(family)))
        bias = np.array(self.bias).take(family)
        # This array is laid out signal by signal and multiplied in place, because there are many pieces.
        earned = np.array(self.weights).T.take(family, axis=1).T
        earned *= pieces
        strength = bias + _added(earned)
        relative = strength - np.maximum.reduceat(strength, starts)[owners]
        raised = np.exp(relative)
        total = np.add.reduceat(raised, starts)
        shares = raised / total[owners]
        votes, surprise = shares, np.log(total)[owners] - relative
        if self.pooling is Pooling.BEST_PIECE:
            votes, surprise = _first_best(relative, owners), np.zeros(len(family))
        earned *= votes[:, None]
        parts = np.column_stack(
            [
                self.base + np.add.reduceat(votes * bias, starts),
                np.add.reduceat(earned, starts, axis=0),
                np.add.reduceat(votes * surprise, starts),
                *(self.curves[name](profiles[:, i]) for i, name in enumerate(_PROFILE_SIGNALS)),
            ]
        )
        return Scored(_added(parts), parts, shares)

    @property
    def reads(self) -> bool:
        """Whether a second reading can change a score."""
        return self.curves[READING] != FLAT

    def with_readings(self, scored: Scored, readings: Floats) -> Scored:
        """Return the scores with the part that a second reading adds, for `readings` of shape (candidates,)."""
        parts = scored.parts.copy()
        parts[:, PARTS.index(READING)] = self.curves[READING](readings)
        return Scored(_added(parts), parts, scored.shares)

    def probability(self, scores: Floats, *, read: bool = False) -> Floats:
        """Return the probability that corresponds to each score. `read` says whether there was a second reading."""
        log_odds = self.read_log_odds if read and self.read_log_odds else self.log_odds
        return 1.0 / (1.0 + np.exp(-log_odds(scores)))

    def without(self, signals: Collection[str]) -> Self:
        """Return a copy of the model in which `signals` add nothing to any score.

        Raises:
            InvalidInput: `signals` contains a name that no signal has.

        """
        names = (*_PIECE_SIGNALS, *_PROFILE_SIGNALS)
        if unknown := _unknown(signals, names):
            raise InvalidInput(f"“{unknown}” is not a signal", remedy=f"Name one of: {', '.join(names)}")
        weights = tuple(
            tuple(0.0 if name in signals else weight for name, weight in zip(_PIECE_SIGNALS, row, strict=True))
            for row in self.weights
        )
        flat = dict.fromkeys(set(signals) & set(self.curves), FLAT)
        return replace(self, weights=weights, curves={**self.curves, **flat})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the model file in `folder`.

        Raises:
            Unavailable: the file cannot be read, or does not hold a valid model.

        """
        try:
            return cls.of_content(json.loads((folder / _FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise Unavailable(
                f"the scoring model in {folder} cannot be read: {error}",
                remedy="Set MATCHER_RANKING_MODEL to a folder that contains a model",
            ) from error

    @classmethod
    def of_content(cls, content: dict[str, Any]) -> Self:
        """Return the model stored in the JSON value `content`.

        A signal that is missing from `content` adds nothing to the score: its weights are 0 or its curve is flat.

        Raises:
            ValueError: `content` is not a model, or names a signal that does not exist.

        """
        try:
            families, curves = content["families"], content["curves"]
            weighted = {name for family in families.values() for name in family["weights"]}
            unknown = _unknown(weighted, _PIECE_SIGNALS) or _unknown(curves, _PROFILE_SIGNALS)
            if unknown:
                raise ValueError(f"this version of the program has no signal {unknown!r}")
            return cls(
                name=content["name"],
                version=content["version"],
                base=float(content["base"]),
                bias=tuple(float(families[family]["bias"]) for family in FAMILIES),
                weights=tuple(
                    tuple(float(families[family]["weights"].get(name, 0.0)) for name in _PIECE_SIGNALS)
                    for family in FAMILIES
                ),
                curves={name: _curve(curves[name]) if name in curves else FLAT for name in _PROFILE_SIGNALS},
                log_odds=_curve(content["log_odds"]),
                read_log_odds=_curve(content["read_log_odds"]) if "read_log_odds" in content else None,
                pooling=Pooling(content.get("pooling", Pooling.SOFT_VOTE)),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(str(error)) from error

    def save(self, folder: Path) -> None:
        """Write the model file into `folder`, which is created if necessary. `load` returns an equal model."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _FILE).write_text(json.dumps(self.content(), indent=1) + "\n", encoding="utf-8")

    def content(self) -> dict[str, Any]:
        """Return the model as a JSON value. `of_content` returns an equal model."""
        families = {
            family: {"bias": bias, "weights": {s: w for s, w in zip(_PIECE_SIGNALS, weights, strict=True) if w}}
            for family, bias, weights in zip(FAMILIES, self.bias, self.weights, strict=True)
        }
        # The soft vote is left out, so that the digests of earlier models stay the same.
        pooling = {} if self.pooling is Pooling.SOFT_VOTE else {"pooling": self.pooling.value}
        return {
            "name": self.name,
            "version": self.version,
            **pooling,
            "base": self.base,
            "families": families,
            "curves": {name: vars(curve) for name, curve in self.curves.items() if curve != FLAT},
            "log_odds": vars(self.log_odds),
            **({"read_log_odds": vars(self.read_log_odds)} if self.read_log_odds else {}),
        }


def _unknown(names: Iterable[str], known: Collection[str]) -> str | None:
    """Return the first of `names`, in alphabetical order, that is not in `known`, or None if all are known."""
    return min(set(names) - set(known), default=None)


def _curve(content: dict[str, Any]) -> Curve:
    return Curve(tuple(content["at"]), tuple(content["values"]), float(content.get("unknown", 0.0)))


def _first_best(relative: Floats, owners: Rows) -> Floats:
    """Return 1 for the strongest piece of each candidate, and for the first of several, otherwise 0, shape (pieces,).

    `relative` is the strength of each piece less the highest of its candidate.
    """
    best = np.flatnonzero(relative == 0)
    votes = np.zeros(len(relative))
    votes[best[np.unique(owners[best], return_index=True)[1]]] = 1.0
    return votes


def _added(parts: Floats) -> Floats:
    """Add up the columns from left to right, so that anyone who adds the parts in order gets exactly the score."""
    scores = np.zeros(len(parts))
    for part in parts.T:
        scores = scores + part
    return scores
