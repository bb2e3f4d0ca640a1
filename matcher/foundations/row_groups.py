"""Groups: rows that stand together, told by the row at which each group begins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcher.foundations.arrays import Floats, Rows


def starts_of(groups: NDArray[Any]) -> Rows:
    """Return where each run of equal values begins."""
    if not len(groups):
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.concatenate([[True], groups[1:] != groups[:-1]]))


def sizes_of(starts: Rows, total: int) -> Rows:
    """Return how many of `total` rows each group has."""
    return np.diff(starts, append=total)


def rows_of(firsts: Rows, sizes: Rows) -> Rows:
    """Return the rows of all groups, one group after the other, given the first row of each and its size."""
    rows = np.repeat(firsts - np.cumsum(sizes) + sizes, sizes)
    rows += np.arange(len(rows))
    return rows


def best(values: NDArray[Any], starts: Rows) -> Floats:
    """Return the highest value of each group that begins at `starts`, shape (groups,)."""
    found: Floats = np.maximum.reduceat(values, starts).astype(np.float64)
    return found
