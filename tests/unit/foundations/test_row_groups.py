"""Rows that stand together, held against plain lists."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matcher.foundations.row_groups import best, rows_of, sizes_of, starts_of


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4)), max_size=8))
def test_groups(runs: list[tuple[int, int]]) -> None:
    values = [value for value, size in runs for _ in range(size)]
    grouped = [list(group) for _, group in groupby(range(len(values)), key=lambda row: values[row])]
    starts = starts_of(np.array(values))
    sizes = sizes_of(starts, len(values))
    assert starts.tolist() == [group[0] for group in grouped]
    assert sizes.tolist() == [len(group) for group in grouped]
    assert rows_of(starts, sizes).tolist() == list(range(len(values)))
    assert rows_of(starts[::2], sizes[::2]).tolist() == [row for group in grouped[::2] for row in group]
    if grouped:
        numbers = np.arange(len(values))[::-1]
        assert best(numbers, starts).tolist() == [max(numbers[group]) for group in grouped]
