"""JSON is read up to the depth limit, in pieces of any size."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.foundations.errors import InvalidInput
from matcher.sources.formats.depth_limit import DepthLimitedFile
from matcher.sources.formats.limits import MAX_DEPTH

_VALUES = st.recursive(
    st.text(st.sampled_from('ab"\\[]{}\n'), max_size=6) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('k"[\\', max_size=2), inner, max_size=3),
    max_leaves=20,
)


def depth_of(value: Any) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if parts is None else 1 + max(map(depth_of, parts), default=0)


@given(_VALUES, st.integers(0, 60), st.integers(1, 7))
def test_nesting_beyond_the_limit_is_refused_and_other_json_is_unchanged(value: Any, more: int, size: int) -> None:
    for _ in range(more):
        value = [value, "]"]
    content = json.dumps(value).encode()
    file, received = DepthLimitedFile(io.BytesIO(content), "n.json"), b""
    if depth_of(value) > MAX_DEPTH:
        with pytest.raises(InvalidInput, match=r"n\.json: is nested more"):
            while file.read(size):
                pass
        return
    while piece := file.read(size):
        received += piece
    assert received == content
