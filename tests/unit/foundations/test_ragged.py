"""Lists of different lengths, compared with plain lists."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matcher.foundations.ragged import Ragged


def lists(ragged: Ragged) -> list[list[int]]:
    return [ragged.row(i).tolist() for i in range(len(ragged))]


@given(st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=6), st.lists(st.booleans(), min_size=6, max_size=6))
def test_lists_of_different_lengths(rows: list[list[int]], flags: list[bool]) -> None:
    ragged = Ragged.of(rows, np.int64)
    assert lists(ragged) == rows
    mask = np.array(flags[: len(rows)], dtype=bool)
    part = ragged[mask]
    assert lists(part) == [row for row, included in zip(rows, mask, strict=True) if included]
    assert lists(ragged[np.flatnonzero(mask)[::-1]]) == lists(part)[::-1]
    assert lists(Ragged.join([ragged, part, ragged])) == [*rows, *lists(part), *rows]
    assert ragged.owners().tolist() == [i for i, row in enumerate(rows) for _ in row]
    assert ragged.sizes().tolist() == [len(row) for row in rows]
    assert ragged.any(ragged.values > 5).tolist() == [any(value > 5 for value in row) for row in rows]
