r"""Prefilter: use matrix products to approximate the cosines of many queries with all passages, to a known accuracy.

A matrix product is many times faster than separate scans, but it adds numbers in a different order from FAISS, so the
cosines differ in their last bits. The rules of rounding limit the difference (Higham, Accuracy and Stability of
Numerical Algorithms, 2002, section 3.1). Let x and y be vectors of d numbers, and let u = 2⁻²⁴. If the d products are
added in single precision, in any order, the result differs from the inner product by at most γ·Σ|xᵢ·yᵢ|, where
γ = d·u / (1 - d·u). The sum Σ|xᵢ·yᵢ| is at most |x|·|y| (Cauchy and Schwarz). For vectors of length 1, two results of
this kind, one from the matrix product and one from FAISS, therefore differ by at most 2·γ, which is 4.6·10⁻⁵ for
d = 384.

For bfloat16, which has eight significant bits, the vectors are first rounded to x' and y'. This changes the inner
product by

    x'·y' - x·y = (x' - x)·y' + x·(y' - y), which is at most |x' - x|·|y'| + |x|·|y' - y|.

How far each vector moves is measured during rounding. The distance is about 0.002, whereas the rule alone guarantees
only 0.004. The rounded numbers are multiplied and added in single precision. The result is then rounded to eight bits
again, which changes it by at most 2⁻⁸ of its value. A processor with matrix tiles multiplies bfloat16 ten times as fast
as single precision. Other processors are slower with bfloat16, so each process measures once which type is faster. The
search result is the same for both types, because it is decided by exact scores.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from matcher.foundations.arrays import Rows, Vectors
from matcher.index.index import Index

if TYPE_CHECKING:
    import torch

# The number of passages in one product, chosen so that the result for a batch of needs fits in the processor cache.
BLOCK: Final = 4_096
# The unit roundoff of single precision and of bfloat16.
_SINGLE: Final = 2.0**-24
_BFLOAT16: Final = 2.0**-8
# Allows for rounding in the measurements themselves and in comparisons.
_MARGIN: Final = 1.05


@dataclass(frozen=True)
class ErrorBound:
    """The greatest possible difference between an approximate cosine and the cosine that FAISS computes.

    Attributes:
        moved: the part of the error that does not depend on the cosine.
        rounding: the greatest relative change that the final rounding can make to a product.

    """

    moved: float
    rounding: float

    def error(self, approximate: Any) -> Any:
        """Return the greatest possible error of an approximate cosine. `approximate` is a number or an array."""
        return self.moved + np.abs(approximate) * self.rounding / (1 - self.rounding)

    def threshold(self, approximate: float) -> float:
        """Return the lowest approximate cosine that a passage may have if its exact cosine is no lower than another's.

        `approximate` is the approximate cosine of the other passage.
        """
        product = approximate - self.error(approximate) - self.moved
        return float(product - abs(product) * self.rounding)


@dataclass(frozen=True)
class RoundedVectors:
    """Rounded vectors, the length of the longest before rounding, and the furthest that rounding moved any vector."""

    vectors: torch.Tensor
    longest: float
    moved: float

    @classmethod
    def of(cls, matrix: Vectors, dtype: torch.dtype) -> RoundedVectors:
        """Return a copy of `matrix` that is rounded to `dtype` and aligned in memory.

        FAISS vectors that were read from a file are not aligned, and would be copied for each product.
        """
        import torch

        rounded = torch.empty(matrix.shape, dtype=dtype)
        longest = moved = 0.0
        for start in range(0, len(matrix), BLOCK):
            block = torch.from_numpy(np.array(matrix[start : start + BLOCK], dtype=np.float32))
            rounded[start : start + BLOCK] = block
            longest = max(longest, float(block.norm(dim=1).max()))
            moved = max(moved, float((rounded[start : start + BLOCK].float() - block).norm(dim=1).max()))
        return cls(rounded, longest, moved)


@lru_cache(maxsize=1)
def fastest_dtype() -> torch.dtype:
    """Return the number type that this processor multiplies faster: single precision or bfloat16."""
    import torch

    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        rows, queries = torch.ones((BLOCK, 384), dtype=dtype), torch.ones((64, 384), dtype=dtype)
        rounds = []
        for _ in range(4):
            started = time.perf_counter()
            rows @ queries.T
            rounds.append(time.perf_counter() - started)
        seconds[dtype] = min(rounds)
    return min(seconds, key=lambda dtype: seconds[dtype])


class Prefilter:
    """The vectors of an index, copied for matrix products."""

    def __init__(self, index: Index, dtype: torch.dtype | None = None) -> None:
        self._dtype = dtype or fastest_dtype()
        self._segments = [RoundedVectors.of(segment.matrix(), self._dtype) for segment in index.segments]

    def bound(self, queries: Vectors) -> ErrorBound:
        """Return the limit on how far approximate cosines of `queries` may be from the cosines that FAISS computes."""
        import torch

        rounded = RoundedVectors.of(queries, self._dtype)
        longest = max((segment.longest for segment in self._segments), default=1.0)
        moved = max((segment.moved for segment in self._segments), default=0.0)
        product, exact = (longest + moved) * (rounded.longest + rounded.moved), longest * rounded.longest
        gamma = queries.shape[1] * _SINGLE / (1 - queries.shape[1] * _SINGLE)
        error = moved * (rounded.longest + rounded.moved) + longest * rounded.moved + gamma * (product + exact)
        return ErrorBound(_MARGIN * error, _MARGIN * (_SINGLE if self._dtype == torch.float32 else _BFLOAT16))

    def cosines(self, queries: Vectors, rows: Rows) -> Vectors:
        """Return the approximate cosines of the passages in `rows` (ascending), shape (rows, queries)."""
        import torch

        cosines, offset = [np.empty((0, len(queries)), dtype=np.float32)], 0
        for matrix in (segment.vectors for segment in self._segments):
            start, end = np.searchsorted(rows, [offset, offset + len(matrix)])
            cosines.append(self._product(matrix[torch.from_numpy(rows[start:end] - offset)], queries))
            offset += len(matrix)
        return np.concatenate(cosines)

    def blocks(self, queries: Vectors) -> Iterator[tuple[int, Vectors]]:
        """Yield the first passage of each block and the approximate cosines in the block, shape (block, queries)."""
        offset = 0
        for matrix in (segment.vectors for segment in self._segments):
            for start in range(0, len(matrix), BLOCK):
                yield offset + start, self._product(matrix[start : start + BLOCK], queries)
            offset += len(matrix)

    def above(self, queries: Vectors, thresholds: Vectors) -> list[tuple[Rows, Vectors]]:
        """For each query, return the passages whose approximate cosine reaches the threshold, and their cosines.

        Passages are in ascending order. `thresholds` has one value for each query.
        """
        positions, values = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.float32)]
        for first, cosines in self.blocks(queries):
            flat = cosines.reshape(-1)
            hits = np.flatnonzero(cosines >= thresholds)
            positions.append(hits + first * len(queries))
            values.append(flat[hits])
        position, value = np.concatenate(positions), np.concatenate(values)
        query = (position % len(queries)).astype(np.uint16)
        order = np.argsort(query, kind="stable")
        ends = np.cumsum(np.bincount(query, minlength=len(queries)))[:-1]
        rows = np.split((position // len(queries))[order], ends)
        return list(zip(rows, np.split(value[order], ends), strict=True))

    def _product(self, matrix: torch.Tensor, queries: Vectors) -> Vectors:
        import torch

        product = matrix @ torch.from_numpy(queries).to(self._dtype).T
        cosines: Vectors = product.float().numpy()
        return cosines
