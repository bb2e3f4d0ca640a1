"""Signals: the ways in which a need and a profile fit, one named number each. Higher is always better.

Most are between the need and one piece of the profile (its name, what it offers, work it has done); the
scoring model pools the pieces. Some are between the need and the profile as a whole.

What is not a signal, on purpose: price, incumbency with the buyer, fame that has nothing to do with the
need, and sector.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.foundations.arrays import Floats, Rows
from matcher.foundations.row_groups import rows_of, sizes_of

# The families of pieces, each with weights of its own in the scoring model.
FAMILIES: Final = ("name", "offer", "work")
UNDATED: Final = np.iinfo(np.int32).min
DAYS_A_YEAR: Final = 365.25

# What stands in where a fact is not known: neither the best nor the worst a fact could be.
UNKNOWN_YEARS: Final = 3.0
UNKNOWN_SCALE: Final = -1.5
UNKNOWN_PLACE: Final = 0.5
LEAST_SCALE: Final = -4.0
LEAST_RECENCY: Final = -5.0
MOST_CAPACITY: Final = 10.0

# CPV codes agree in their first digits: division, group, class, category, and the whole code.
_CPV_STEPS: Final = (1_000_000, 100_000, 10_000, 1_000, 1)


@dataclass(frozen=True)
class Signal:
    """A signal's name, what it means, and the range of its values."""

    name: str
    meaning: str
    low: float
    high: float


PIECE_SIGNALS: Final = (
    Signal("meaning", "cosine of the whole need and the whole piece", -1, 1),
    Signal("title_meaning", "cosine of the need's title and the whole piece", -1, 1),
    Signal("meaning_of_title", "cosine of the whole need and the piece's title", -1, 1),
    Signal("title_meaning_of_title", "cosine of the two titles", -1, 1),
    Signal("words", "share of the highest possible BM25 score: whole need, whole piece", 0, 1),
    Signal("title_words", "the same: the need's title, whole piece", 0, 1),
    Signal("title_words_of_title", "the same: the two titles", 0, 1),
    Signal("wording", "lnc.ltc cosine of the words: whole need, whole piece", 0, 1),
    Signal("title_wording", "the same: the need's title, whole piece", 0, 1),
    Signal("title_wording_of_title", "the same: the two titles", 0, 1),
    Signal("category", "share of the five levels of the CPV tree on which the closest codes agree", 0, 1),
    Signal("recency", "minus the logarithm of one plus the years since the work", LEAST_RECENCY, 0),
    Signal("scale", "minus the difference of the two values in powers of ten", LEAST_SCALE, 0),
    Signal("place", "1 where both name a region in common, 0 where not, ½ where one names none", 0, 1),
)
PROFILE_SIGNALS: Final = (
    Signal("capacity", "turnover against the need's value, in powers of ten", -MOST_CAPACITY, MOST_CAPACITY),
    Signal("coverage", "1 where the profile covers a region of the need, 0 where not, ½ where unknown", 0, 1),
    Signal("accreditations", "share of the required accreditations held and in date; 1 where none is", 0, 1),
    Signal("name_meaning", "mean cosine of the need and its title with the supplier's name", -1, 1),
    Signal("name_wording", "mean lexical cosine of the need and its title with the supplier's name", 0, 1),
)


@dataclass(frozen=True)
class NeedFacts:
    """What a need says of itself beside its text: regions as bits, pounds (NaN: unknown), CPV, day."""

    regions: int
    value: float
    cpv: tuple[int, ...]
    day: int


@dataclass(frozen=True)
class Candidates:
    """Profiles put forward for a need, with their pieces and passages. All rows stand in index order.

    Candidate i has the pieces from `piece_starts[i]` up to the next start (the last: to the end), and piece
    j the passages from `passage_starts[j]` likewise.
    """

    profiles: Rows  # (candidates,) row in the index
    piece_starts: Rows  # (candidates,)
    family: NDArray[np.int8]  # (pieces,) position in FAMILIES
    day: NDArray[np.int32]  # (pieces,) days since 1970, UNDATED where unknown
    value: Floats  # (pieces,) pounds, NaN where unknown
    regions: NDArray[np.int32]  # (pieces,) bits
    category: Floats  # (pieces,) see the signal
    passages: Rows  # (passages,) row in the index
    passage_starts: Rows  # (pieces,)
    title: NDArray[np.bool_]  # (passages,) whether it is the title of its piece only, and then its first passage
    cosines: NDArray[np.float32]  # (passages, 2) with the whole need and with its title
    words: Floats  # (passages, 2) BM25 shares, likewise
    wording: Floats  # (passages, 2) lexical cosines, likewise
    capacity: Floats  # (candidates,) NaN where turnover or value is unknown
    coverage: Floats  # (candidates,)
    accreditations: Floats  # (candidates,)

    def __len__(self) -> int:
        return len(self.profiles)

    def owners(self) -> Rows:
        """Return the candidate of each piece."""
        return np.repeat(np.arange(len(self)), sizes_of(self.piece_starts, len(self.family)))


def piece_signals(candidates: Candidates, facts: NeedFacts) -> Floats:
    """Return one row a piece and one column a signal, in the order of `PIECE_SIGNALS`."""
    if not len(candidates.family):
        return np.empty((0, len(PIECE_SIGNALS)))
    close = np.concatenate([candidates.cosines.T, candidates.words.T, candidates.wording.T])
    meaning, title_meaning, words, title_words, wording, title_wording = bodies = _of_bodies(close, candidates)
    of_titles = _of_titles(close, bodies, candidates)
    # One signal after the other in memory: each is read as a whole.
    return np.stack(
        [
            meaning,
            title_meaning,
            of_titles[0],
            of_titles[1],
            words,
            title_words,
            of_titles[3],
            wording,
            title_wording,
            of_titles[5],
            candidates.category,
            recency(candidates.day, facts.day),
            scale(candidates.value, facts.value),
            overlap(candidates.regions, facts.regions),
        ]
    ).T


def profile_signals(candidates: Candidates) -> Floats:
    """Return one row a candidate and one column a signal, in the order of `PROFILE_SIGNALS`."""
    name = candidates.passage_starts[candidates.piece_starts]  # a profile's first piece is its name
    return np.column_stack(
        [
            np.clip(candidates.capacity, -MOST_CAPACITY, MOST_CAPACITY),
            candidates.coverage,
            candidates.accreditations,
            candidates.cosines[name].mean(axis=1, dtype=np.float64),
            candidates.wording[name].mean(axis=1),
        ]
    )


def recency(day: NDArray[np.int32], now: int) -> Floats:
    """Return minus log(1 + years) between each `day` and `now`, at least `LEAST_RECENCY`; a later day counts as now."""
    years = np.where(day == UNDATED, UNKNOWN_YEARS, np.maximum(now - day.astype(np.float64), 0) / DAYS_A_YEAR)
    return np.maximum(-np.log1p(years), LEAST_RECENCY)


def scale(value: Floats, wanted: float) -> Floats:
    """Return minus |log10| of each value over the one wanted, at least `LEAST_SCALE`."""
    apart = np.abs(np.log10(np.clip(value, 100, 1e10)) - np.log10(np.clip(wanted, 100, 1e10)))
    return np.where(np.isnan(apart), UNKNOWN_SCALE, np.maximum(-apart, LEAST_SCALE))


def overlap(regions: NDArray[np.int32], wanted: int) -> Floats:
    """Return 1 where regions (bits) are shared, 0 where not, ½ where either side names none."""
    shared = np.where((regions & wanted) != 0, 1.0, 0.0)
    return np.where((regions == 0) | (wanted == 0), UNKNOWN_PLACE, shared)


def agreement(codes: NDArray[np.int32], wanted: tuple[int, ...]) -> Floats:
    """Return, for each CPV code, the share of levels on which it agrees with the closest of `wanted`."""
    # Who agrees on a level agrees on those above, so the levels on which any agrees are those of the closest.
    levels = np.zeros(len(codes), dtype=np.int64)
    for step in _CPV_STEPS:
        level = codes // step
        levels += np.logical_or.reduce([level == code for code in {code // step for code in wanted}])
    return levels / len(_CPV_STEPS)


def _of_bodies(close: Floats, candidates: Candidates) -> Floats:
    """Return the highest value among the passages of each piece but its title, shape (values, pieces)."""
    # A piece has a passage besides its title, and most have one.
    firsts = candidates.passage_starts + candidates.title[candidates.passage_starts]
    sizes = np.append(candidates.passage_starts[1:], len(candidates.passages)) - firsts
    found = close.take(firsts, axis=1)
    long = np.flatnonzero(sizes > 1)
    if len(long):
        sizes = sizes[long]
        rows = close.take(rows_of(firsts[long], sizes), axis=1)
        found[:, long] = np.maximum.reduceat(rows, np.cumsum(sizes) - sizes, axis=1)
    return found


def _of_titles(close: Floats, bodies: Floats, candidates: Candidates) -> Floats:
    """Return the value of each piece's title, its first passage; a piece without one stands in as a whole."""
    found = bodies.copy()
    titled = np.flatnonzero(candidates.title[candidates.passage_starts])
    found[:, titled] = close.take(candidates.passage_starts[titled], axis=1)
    return found
