r"""Coarse: the cosines of many queries with all passages by one matrix product, each within a known distance.

A matrix product is many times as fast as as many scans, but sums in an order of its own, so its last bits are not
those of FAISS. How far the two can be apart follows from the rules of rounding (Higham, Accuracy and Stability of
Numerical Algorithms, 2002, section 3.1). Let x and y be unit vectors of d numbers and u = 2⁻²⁴. In whatever order
single precision sums the d products, the result is within γ = d·u / (1 - d·u) times Σ|xᵢ·yᵢ| of the inner product, and
that sum is at most 1 (Cauchy and Schwarz). Two such results, that of the product and that of FAISS, are within 2·γ of
each other: 4.6·10⁻⁵ for d = 384.

In bfloat16 (eight bits) the vectors are first rounded, each number by at most v = 2⁻⁸ of itself, which moves the
inner product by at most 2·v + v²; the products of such numbers and their sum stay in single precision; and the
result is rounded to eight bits once more, by at most v of what it then is. A processor with matrix tiles takes a
tenth of the time for it, others longer: which is the faster is measured once in a process. Whatever is used, the
answer is the same, as exact scores decide it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from matcher.embedding import Vectors
from matcher.index.index import Index
from matcher.signals import Rows

if TYPE_CHECKING:
    import torch

# Passages multiplied at once: the product of these with a chunk of needs stays within the processor's cache.
BLOCK: Final = 4_096
_SINGLE: Final = 2.0**-24
_BRAIN: Final = 2.0**-8
# Vectors are of length 1 to within rounding only, and comparisons round once more.
_MARGIN: Final = 1.05


def distance(dimensions: int, kind: torch.dtype) -> float:
    """Return how far a coarse cosine of unit vectors may be from that of FAISS; see above."""
    import torch

    gamma = dimensions * _SINGLE / (1 - dimensions * _SINGLE)
    if kind == torch.float32:
        return _MARGIN * 2 * gamma
    return _MARGIN * (2 * gamma + 2 * _BRAIN + _BRAIN**2 + _BRAIN * (1 + 2 * _BRAIN) ** 2)


@lru_cache(maxsize=1)
def faster() -> torch.dtype:
    """Return the kind of number in which this processor multiplies faster."""
    import torch

    seconds = {}
    for kind in (torch.float32, torch.bfloat16):
        rows, queries = torch.ones((BLOCK, 384), dtype=kind), torch.ones((64, 384), dtype=kind)
        rounds = []
        for _ in range(4):
            started = time.perf_counter()
            rows @ queries.T
            rounds.append(time.perf_counter() - started)
        seconds[kind] = min(rounds)
    return min(seconds, key=lambda kind: seconds[kind])


class Coarse:
    """The vectors of an index made ready for matrix products, kept for as long as this value lives."""

    def __init__(self, index: Index, kind: torch.dtype | None = None) -> None:
        self._kind = kind or faster()
        self._segments = [_ready(segment.matrix(), self._kind) for segment in index.segments]
        self.distance = distance(max((segment.vectors.d for segment in index.segments), default=1), self._kind)

    def of_rows(self, queries: Vectors, rows: Rows) -> NDArray[np.float32]:
        """Return the coarse cosines of some passages (ascending), shape (rows, queries)."""
        import torch

        found, offset = [np.empty((0, len(queries)), dtype=np.float32)], 0
        for matrix in self._segments:
            start, end = np.searchsorted(rows, [offset, offset + len(matrix)])
            found.append(self._product(matrix[torch.from_numpy(rows[start:end] - offset)], queries))
            offset += len(matrix)
        return np.concatenate(found)

    def blocks(self, queries: Vectors) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield the coarse cosines of all passages, a block at a time: its first passage, and (block, queries)."""
        offset = 0
        for matrix in self._segments:
            for start in range(0, len(matrix), BLOCK):
                yield offset + start, self._product(matrix[start : start + BLOCK], queries)
            offset += len(matrix)

    def above(self, queries: Vectors, lines: NDArray[np.float32]) -> list[tuple[Rows, NDArray[np.float32]]]:
        """Return for each query the passages (ascending) whose coarse cosine reaches its line, and those cosines."""
        places, values = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.float32)]
        for first, cosines in self.blocks(queries):
            flat = cosines.reshape(-1)
            found = np.flatnonzero(cosines >= lines)
            places.append(found + first * len(queries))
            values.append(flat[found])
        place, value = np.concatenate(places), np.concatenate(values)
        of_query = (place % len(queries)).astype(np.uint16)
        order = np.argsort(of_query, kind="stable")
        ends = np.cumsum(np.bincount(of_query, minlength=len(queries)))[:-1]
        rows = np.split((place // len(queries))[order], ends)
        return list(zip(rows, np.split(value[order], ends), strict=True))

    def _product(self, matrix: torch.Tensor, queries: Vectors) -> NDArray[np.float32]:
        import torch

        product = matrix @ torch.from_numpy(queries).to(self._kind).T
        found: NDArray[np.float32] = product.float().numpy()
        return found


def _ready(matrix: Vectors, kind: torch.dtype) -> torch.Tensor:
    """Return a copy that is aligned in memory; FAISS's own, read from a file, is not, and would be copied each time."""
    import torch

    ready = torch.empty(matrix.shape, dtype=kind)
    for start in range(0, len(matrix), BLOCK):
        ready[start : start + BLOCK] = torch.from_numpy(np.array(matrix[start : start + BLOCK]))
    return ready
