"""Signals: how a need and a profile fit, one named number each. Higher is always better.

What is not a signal, on purpose: price, incumbency with the buyer, fame that has nothing to do with the
need, and sector.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Signal:
    """A signal's name, what it means, and the range of its values."""

    name: str
    meaning: str
    low: float
    high: float


SIGNALS: Final = (
    Signal("meaning", "cosine between the need and the profile's closest passage", -1.0, 1.0),
    Signal("words", "share of the highest possible BM25 score that the profile's best passage reaches", 0.0, 1.0),
    Signal("place", "1 where the profile covers the need's region, 0 where it does not, ½ where unknown", 0.0, 1.0),
    Signal("accreditations", "share of the required accreditations held and in date; 1 where none is", 0.0, 1.0),
)


@dataclass(frozen=True)
class Candidates:
    """Profiles put forward for a need, with the passages that speak for each.

    Candidate i has the passages `starts[i]` to `starts[i + 1]` (the last: to the end) of the passage arrays.
    """

    profiles: NDArray[np.int64]  # (candidates,) row of each profile in the index, ascending
    passages: NDArray[np.int64]  # (passages,) row of each passage in the index, ascending
    starts: NDArray[np.int64]  # (candidates,)
    cosines: NDArray[np.float32]  # (passages,)
    terms: NDArray[np.float64]  # (passages,)
    place: NDArray[np.float64]  # (candidates,)
    accreditations: NDArray[np.float64]  # (candidates,)

    def __len__(self) -> int:
        return len(self.profiles)


def best(values: NDArray[Any], starts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the highest value of each group that begins at `starts`, shape (groups,)."""
    found: NDArray[np.float64] = np.maximum.reduceat(values, starts).astype(np.float64)
    return found


def signals_of(candidates: Candidates) -> NDArray[np.float64]:
    """Return one row a candidate and one column a signal, in the order of `SIGNALS`."""
    if not len(candidates):
        return np.empty((0, len(SIGNALS)))
    return np.column_stack(
        [
            best(candidates.cosines, candidates.starts),
            best(candidates.terms, candidates.starts),
            candidates.place,
            candidates.accreditations,
        ]
    )
