"""Row groups: consecutive rows that belong together, described by the first row of each group."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcher.foundations.arrays import Floats, Rows


def group_starts(keys: NDArray[Any]) -> Rows:
    """Return the first row of each run of equal `keys`, or an empty array if there are no rows."""
    if not len(keys):
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))


def group_sizes(starts: Rows, total: int) -> Rows:
    """Return the number of rows in each group; the last group ends at row `total`."""
    return np.diff(starts, append=total)


def group_rows(firsts: Rows, sizes: Rows) -> Rows:
    """Return the rows of all groups, one group after the other, given the first row and the size of each group."""
    rows = np.repeat(firsts - np.cumsum(sizes) + sizes, sizes)
    rows += np.arange(len(rows))
    return rows


def group_max(values: NDArray[Any], starts: Rows) -> Floats:
    """Return the highest value in each group, shape (groups,). Every group must have at least one row."""
    highest: Floats = np.maximum.reduceat(values, starts).astype(np.float64)
    return highest
