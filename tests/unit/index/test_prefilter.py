"""The prefilter's error bound: every part of the bound is needed, and together the parts suffice."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from matcher.foundations.arrays import Vectors
from matcher.index import Index, Prefilter
from matcher.index.prefilter import ErrorBound
from matcher.records import Profile
from tests.support.adversaries import highest_allowed, lowest

DIMENSIONS = 384
# Just below halfway between the bfloat16 numbers 1 and 1 + 2⁻⁷, so that it is rounded down by almost half the distance.
BELOW_HALF = 1 + 2.0**-8 - 2.0**-12
EXACT = np.full(DIMENSIONS, 2.0**-4, dtype=np.float32)
MOVED = (EXACT * BELOW_HALF).astype(np.float32)


def index_of(vector: Vectors) -> Index:
    """Return an index whose only passage has this vector."""
    profile = Profile(id="p", name="N")
    return Index("e").updated([(1, "p", profile)], lambda texts: np.tile(vector, (len(texts), 1)), 1)


def compared(vector: Vectors, query: Vectors, dtype: torch.dtype) -> tuple[float, float, ErrorBound]:
    """Return the approximate and the exact cosine of two vectors, and the bound."""
    index = index_of(vector)
    prefilter, rows = Prefilter(index, dtype), np.arange(1)
    approximate = float(prefilter.cosines(query[None], rows)[0, 0])
    return approximate, float(vector.astype(np.float64) @ query.astype(np.float64)), prefilter.bound(query[None])


def single(value: float) -> Vectors:
    """Return a vector with `value` as its first element and 0 elsewhere."""
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    vector[0] = value
    return vector


@pytest.mark.parametrize(("vector", "query"), [(MOVED, EXACT), (EXACT, MOVED)], ids=["passage", "query"])
def test_rounding_a_vector_may_move_the_cosine_by_all_that_the_bound_allows(vector: Vectors, query: Vectors) -> None:
    """All elements of one vector are rounded down, in the direction of the other vector."""
    approximate, exact, bound = compared(vector, query, torch.bfloat16)
    assert approximate == 1.5, "the sum itself needs no rounding"
    assert bound.moved / 1.1 < exact - approximate <= bound.moved


def test_rounding_both_vectors_adds_up() -> None:
    approximate, exact, bound = compared(MOVED, MOVED, torch.bfloat16)
    assert approximate == 1.5
    assert bound.moved / 1.1 < exact - approximate <= bound.moved


@pytest.mark.parametrize("sign", [1, -1])
def test_rounding_the_sum_may_move_it_by_all_that_the_bound_allows(sign: int) -> None:
    """Both numbers are exact in bfloat16, and their product lies just below halfway between two such numbers."""
    approximate, exact, bound = compared(single(sign * (1 + 2.0**-7)), single(1 - 2.0**-8), torch.bfloat16)
    assert approximate == sign
    error = abs(exact - approximate)
    assert bound.moved < error <= bound.error(approximate)
    assert bound.error(approximate) / 1.1 < error


@pytest.mark.parametrize("length", [1.0, 3.0])
def test_the_bound_covers_the_sums_of_the_product_and_of_faiss(length: float) -> None:
    """In single precision, vectors are not rounded, and each sum of d products may be off by γ = d·u / (1 - d·u)."""
    vector, query = single(length), single(1.0)
    gamma = DIMENSIONS * 2.0**-24 / (1 - DIMENSIONS * 2.0**-24)
    _, _, bound = compared(vector, query, torch.float32)
    assert 2 * gamma * length <= bound.moved <= 2.2 * gamma * length
    assert bound.rounding >= 2.0**-24


@pytest.mark.parametrize("bound", [ErrorBound(0.01, 0.0), ErrorBound(0.0, 2.0**-8), ErrorBound(0.002, 2.0**-8)])
def test_the_threshold_is_the_lowest_that_an_equal_score_may_have(bound: ErrorBound) -> None:
    """If two exact scores are equal, one approximation may be as high as the bound allows and the other as low."""
    for exact in np.linspace(-1, 1, 201):
        high, low = float(highest_allowed(exact, bound)), float(lowest(exact, bound))
        assert high - exact <= bound.error(high) + 1e-15
        assert exact - low <= bound.error(low) + 1e-15
        assert bound.threshold(high) <= low + 1e-15
        assert bound.threshold(high) >= low - 1e-4, "and no lower than necessary"
