"""Ragged: lists of different lengths in two flat arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matcher.foundations.arrays import Array, Mask, Rows
from matcher.foundations.row_groups import group_rows


@dataclass(frozen=True)
class Ragged:
    """One list per row: row i is `values[starts[i]:starts[i + 1]]`, so there is one more start than there are rows."""

    values: Array
    starts: Rows

    @classmethod
    def of(cls, lists: Sequence[Sequence[Any]], dtype: Any) -> Ragged:
        """Build a `Ragged` from one list per row."""
        flat = [value for row in lists for value in row]
        starts = np.zeros(len(lists) + 1, dtype=np.int64)
        np.cumsum([len(row) for row in lists], out=starts[1:])
        return cls(np.array(flat, dtype=dtype), starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, rows: Rows | Mask) -> Ragged:
        """Return the rows numbered `rows`, in the order given or, if `rows` is a mask, the rows where it is true."""
        numbers = np.flatnonzero(rows) if rows.dtype == bool else rows
        firsts = self.starts[numbers]
        sizes = self.starts[numbers + 1] - firsts
        starts = np.zeros(len(sizes) + 1, dtype=np.int64)
        np.cumsum(sizes, out=starts[1:])
        return Ragged(self.values[group_rows(firsts, sizes)], starts)

    def row(self, i: int) -> Array:
        """Return the values of row `i`."""
        return self.values[self.starts[i] : self.starts[i + 1]]

    def sizes(self) -> Rows:
        """Return the number of values in each row, shape (rows,)."""
        return np.diff(self.starts)

    def owners(self) -> Rows:
        """Return the row that each value belongs to, shape (values,)."""
        return np.repeat(np.arange(len(self)), self.sizes())

    def any(self, hits: Mask) -> Mask:
        """Return which rows contain a value whose entry in `hits`, shape (values,), is true."""
        rows = np.zeros(len(self), dtype=bool)
        rows[self.owners()[hits]] = True
        return rows

    @staticmethod
    def join(parts: Sequence[Ragged]) -> Ragged:
        """Return the rows of all `parts`, one part after the other."""
        sizes = np.concatenate([part.sizes() for part in parts])
        starts = np.zeros(len(sizes) + 1, dtype=np.int64)
        np.cumsum(sizes, out=starts[1:])
        return Ragged(np.concatenate([part.values for part in parts]), starts)
