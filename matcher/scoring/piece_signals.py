"""Piece signals: named numbers that say how well a need fits one piece of a profile. Higher is always better.

A piece is the name of the supplier, something the supplier offers, or work the supplier has done. The scoring model
pools the pieces. To add a signal, add a row to `PIECE_SIGNALS`. If the signal needs new data, also add a column to
`PieceColumns`.

Price, incumbency with the buyer, fame that has nothing to do with the need, and sector are deliberately not signals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.foundations.arrays import Floats
from matcher.foundations.ragged import Ragged
from matcher.foundations.row_groups import group_max, group_rows
from matcher.scoring.candidates import UNDATED, Candidates, NeedFacts
from matcher.scoring.signal import Signal

DAYS_A_YEAR: Final = 365.25

# The values used if a fact is unknown. They lie between the worst and the best value.
UNKNOWN_YEARS: Final = 3.0
UNKNOWN_SCALE: Final = -1.5
UNKNOWN_PLACE: Final = 0.5
LEAST_SCALE: Final = -4.0
LEAST_RECENCY: Final = -5.0

# Divisors that shorten a CPV code to its division, group, class or category, or leave it whole.
_CPV_STEPS: Final = (1_000_000, 100_000, 10_000, 1_000, 1)


class Closeness(IntEnum):
    """Ways to compare the need or its title with a passage: the rows of `Pieces.bodies` and `Pieces.titles`."""

    COSINE = 0
    TITLE_COSINE = 1
    BM25 = 2
    TITLE_BM25 = 3
    LEXICAL = 4
    TITLE_LEXICAL = 5


@dataclass(frozen=True)
class Pieces:
    """The pieces of all candidates for a need, from which the piece signals are computed."""

    candidates: Candidates
    facts: NeedFacts

    @cached_property
    def bodies(self) -> Floats:
        """The highest closeness among each piece's passages, excluding the title, shape (Closeness, pieces)."""
        starts, title = self.candidates.passage_starts, self.candidates.title
        # Every piece has a passage besides its title, and most have just one.
        firsts = starts + title[starts]
        sizes = np.append(starts[1:], len(title)) - firsts
        values = self._values.take(firsts, axis=1)
        long = np.flatnonzero(sizes > 1)
        if len(long):
            sizes = sizes[long]
            passages = self._values.take(group_rows(firsts[long], sizes), axis=1)
            values[:, long] = np.maximum.reduceat(passages, np.cumsum(sizes) - sizes, axis=1)
        return values

    @cached_property
    def titles(self) -> Floats:
        """The closeness of each piece's title, or of its body if there is no title, shape (Closeness, pieces)."""
        starts = self.candidates.passage_starts
        values = self.bodies.copy()
        titled = np.flatnonzero(self.candidates.title[starts])
        values[:, titled] = self._values.take(starts[titled], axis=1)
        return values

    @cached_property
    def _values(self) -> Floats:
        """The closeness of each passage, shape (Closeness, passages)."""
        candidates = self.candidates
        return np.concatenate([candidates.cosines.T, candidates.bm25.T, candidates.lexical_cosines.T])


def recency(day: NDArray[np.int32], now: int) -> Floats:
    """Return -log(1 + years from `day` to `now`), but at least `LEAST_RECENCY`. A day after `now` counts as `now`."""
    years = np.where(day == UNDATED, UNKNOWN_YEARS, np.maximum(now - day.astype(np.float64), 0) / DAYS_A_YEAR)
    return np.maximum(-np.log1p(years), LEAST_RECENCY)


def scale(value: Floats, target: float) -> Floats:
    """Return -|log10(value / target)|, but at least `LEAST_SCALE`, or `UNKNOWN_SCALE` where either amount is NaN.

    Both amounts are first limited to the range from 100 to 10¹⁰ pounds.
    """
    distance = np.abs(np.log10(np.clip(value, 100, 1e10)) - np.log10(np.clip(target, 100, 1e10)))
    return np.where(np.isnan(distance), UNKNOWN_SCALE, np.maximum(-distance, LEAST_SCALE))


def overlap(regions: NDArray[np.int32], target: int) -> Floats:
    """Return 1 where `regions` and `target` (one bit per region) overlap, ½ where either is 0, and 0 elsewhere."""
    shared = np.where((regions & target) != 0, 1.0, 0.0)
    return np.where((regions == 0) | (target == 0), UNKNOWN_PLACE, shared)


def agreement(codes: NDArray[np.int32], targets: tuple[int, ...]) -> Floats:
    """Return, for each CPV code, the share of levels at which it agrees with the closest of `targets`."""
    # Codes that agree at one level also agree at every level above it. So counting the levels at which any target
    # agrees gives the same number as counting the levels for the closest target.
    levels = np.zeros(len(codes), dtype=np.int64)
    for step in _CPV_STEPS:
        level = codes // step
        levels += np.logical_or.reduce([level == code for code in {target // step for target in targets}])
    return levels / len(_CPV_STEPS)


def category(codes: Ragged, targets: tuple[int, ...]) -> Floats:
    """Return the highest `agreement` of each piece's CPV codes, or 0 if the piece has none or `targets` is empty."""
    closest = np.zeros(len(codes))
    coded = np.flatnonzero(codes.sizes())
    if targets and len(coded):
        closest[coded] = group_max(agreement(codes.values, targets), codes.starts[coded])
    return closest


@dataclass(frozen=True)
class PieceSignal(Signal):
    """A signal that is computed for each piece.

    Attributes:
        compute: returns the value of the signal for each piece, shape (pieces,), never NaN.
        prior: the weight that training starts from, by family. A family that is left out does not use the signal.

    """

    compute: Callable[[Pieces], Floats]
    prior: Mapping[str, float]


def _body(closeness: Closeness) -> Callable[[Pieces], Floats]:
    return lambda pieces: pieces.bodies[closeness]


def _title(closeness: Closeness) -> Callable[[Pieces], Floats]:
    return lambda pieces: pieces.titles[closeness]


# The priors are round numbers, roughly in proportion to weights that were trained on past awards.
PIECE_SIGNALS: Final = (
    PieceSignal(
        "meaning", "cosine of the whole need and the whole piece", -1, 1,
        _body(Closeness.COSINE), {"name": 3.0, "offer": 5.0, "work": 4.0},
    ),
    PieceSignal(
        "title_meaning", "cosine of the need's title and the whole piece", -1, 1,
        _body(Closeness.TITLE_COSINE), {"name": 1.5, "offer": 2.0, "work": 2.5},
    ),
    PieceSignal(
        "meaning_of_title", "cosine of the whole need and the piece's title", -1, 1,
        _title(Closeness.COSINE), {"work": 2.0},
    ),
    PieceSignal(
        "title_meaning_of_title", "cosine of the two titles", -1, 1,
        _title(Closeness.TITLE_COSINE), {"work": 2.0},
    ),
    PieceSignal(
        "words", "BM25 score of the whole piece for the whole need, as a share of the highest possible", 0, 1,
        _body(Closeness.BM25), {"name": 1.0, "offer": 3.0, "work": 2.5},
    ),
    PieceSignal(
        "title_words", "BM25 score of the whole piece for the need's title, as a share of the highest possible", 0, 1,
        _body(Closeness.TITLE_BM25), {"name": 1.0, "offer": 2.0, "work": 0.5},
    ),
    PieceSignal(
        "title_words_of_title", "BM25 score of the two titles, as a share of the highest possible", 0, 1,
        _title(Closeness.TITLE_BM25), {"work": 2.0},
    ),
    PieceSignal(
        "wording", "lnc.ltc cosine of the terms in the whole need and the whole piece", 0, 1,
        _body(Closeness.LEXICAL), {"name": 0.0, "offer": 0.0, "work": 0.0},
    ),
    PieceSignal(
        "title_wording", "lnc.ltc cosine of the terms in the need's title and the whole piece", 0, 1,
        _body(Closeness.TITLE_LEXICAL), {"name": 0.0, "offer": 0.0, "work": 0.0},
    ),
    PieceSignal(
        "title_wording_of_title", "lnc.ltc cosine of the terms in the two titles", 0, 1,
        _title(Closeness.TITLE_LEXICAL), {"work": 0.0},
    ),
    PieceSignal(
        "category", "share of the five levels of the CPV tree at which the closest codes agree", 0, 1,
        lambda pieces: category(pieces.candidates.piece_columns["cpv"], pieces.facts.cpv), {"offer": 0.5, "work": 0.6},
    ),
    PieceSignal(
        "recency", "negative logarithm of one plus the number of years since the work", LEAST_RECENCY, 0,
        lambda pieces: recency(pieces.candidates.piece_columns["day"], pieces.facts.day), {"work": 0.1},
    ),
    PieceSignal(
        "scale", "negative difference between the two values, in powers of ten", LEAST_SCALE, 0,
        lambda pieces: scale(pieces.candidates.piece_columns["value"], pieces.facts.value), {"work": 0.5},
    ),
    PieceSignal(
        "place", "1 if both name the same region, 0 if not, ½ if either names none", 0, 1,
        lambda pieces: overlap(pieces.candidates.piece_columns["regions"], pieces.facts.regions), {"work": 0.6},
    ),
)  # fmt: skip


def measure_pieces(candidates: Candidates, facts: NeedFacts) -> Floats:
    """Return the signals of all pieces, shape (pieces, PIECE_SIGNALS), column by column in memory."""
    if not len(candidates.passage_starts):
        return np.empty((0, len(PIECE_SIGNALS)))
    pieces = Pieces(candidates, facts)
    return np.stack([signal.compute(pieces) for signal in PIECE_SIGNALS]).T
