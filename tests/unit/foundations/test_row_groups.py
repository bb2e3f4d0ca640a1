"""Groups of consecutive rows, compared with plain lists."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matcher.foundations.row_groups import group_max, group_rows, group_sizes, group_starts


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4)), max_size=8))
def test_groups(runs: list[tuple[int, int]]) -> None:
    values = [value for value, size in runs for _ in range(size)]
    grouped = [list(group) for _, group in groupby(range(len(values)), key=lambda row: values[row])]
    starts = group_starts(np.array(values))
    sizes = group_sizes(starts, len(values))
    assert starts.tolist() == [group[0] for group in grouped]
    assert sizes.tolist() == [len(group) for group in grouped]
    assert group_rows(starts, sizes).tolist() == list(range(len(values)))
    assert group_rows(starts[::2], sizes[::2]).tolist() == [row for group in grouped[::2] for row in group]
    if grouped:
        numbers = np.arange(len(values))[::-1]
        assert group_max(numbers, starts).tolist() == [max(numbers[group]) for group in grouped]
