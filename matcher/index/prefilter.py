r"""Coarse: the cosines of many queries with all passages by one matrix product, each within a known distance.

A matrix product is many times as fast as as many scans, but sums in an order of its own, so its last bits are not
those of FAISS. How far the two can be apart follows from the rules of rounding (Higham, Accuracy and Stability of
Numerical Algorithms, 2002, section 3.1). Let x and y be vectors of d numbers and u = 2⁻²⁴. In whatever order
single precision sums the d products, the result is within γ = d·u / (1 - d·u) times Σ|xᵢ·yᵢ| of the inner product, and
that sum is at most |x|·|y| (Cauchy and Schwarz). Two such results, that of the product and that of FAISS, are within
2·γ of each other for vectors of length 1: 4.6·10⁻⁵ for d = 384.

In bfloat16 (eight bits) the vectors are first rounded, to x' and y'. That moves the inner product by

    x'·y' - x·y = (x' - x)·y' + x·(y' - y), at most |x' - x|·|y'| + |x|·|y' - y|,

and how far each was moved is measured when it is rounded: about 0.002, where the rule alone promises 0.004. The
products of such numbers and their sum stay in single precision, and the result is rounded to eight bits once more, by
at most 2⁻⁸ of itself. A processor with matrix tiles takes a tenth of the time for it, others longer: which is
the faster is measured once in a process. Whatever is used, the answer is the same, as exact scores decide it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from matcher.foundations.arrays import Rows, Vectors
from matcher.index.index import Index

if TYPE_CHECKING:
    import torch

# Passages multiplied at once: the product of these with a chunk of needs stays within the processor's cache.
BLOCK: Final = 4_096
_SINGLE: Final = 2.0**-24
_BRAIN: Final = 2.0**-8
# What is measured here is itself rounded, and comparisons round once more.
_MARGIN: Final = 1.05


@dataclass(frozen=True)
class Bound:
    """How far a coarse cosine may be from that of FAISS: `moved`, and `rounding` of itself, see above."""

    moved: float
    rounding: float

    def off(self, rough: Any) -> Any:
        """Return how far a coarse cosine, a number or an array of them, may be from the exact one."""
        return self.moved + np.abs(rough) * self.rounding / (1 - self.rounding)

    def reach(self, rough: float) -> float:
        """Return the lowest coarse cosine of all whose exact one may reach that of somebody whose coarse is `rough`."""
        product = rough - self.off(rough) - self.moved
        return float(product - abs(product) * self.rounding)


@dataclass(frozen=True)
class Rounded:
    """Vectors as they are multiplied, the length of the longest, and how far the one moved most was moved."""

    vectors: torch.Tensor
    longest: float
    moved: float

    @classmethod
    def of(cls, matrix: Vectors, kind: torch.dtype) -> Rounded:
        """Copy `matrix`, aligned in memory; FAISS's own, read from a file, is not, and would be copied each time."""
        import torch

        ready = torch.empty(matrix.shape, dtype=kind)
        longest = moved = 0.0
        for start in range(0, len(matrix), BLOCK):
            block = torch.from_numpy(np.array(matrix[start : start + BLOCK], dtype=np.float32))
            ready[start : start + BLOCK] = block
            longest = max(longest, float(block.norm(dim=1).max()))
            moved = max(moved, float((ready[start : start + BLOCK].float() - block).norm(dim=1).max()))
        return cls(ready, longest, moved)


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
        self._segments = [Rounded.of(segment.matrix(), self._kind) for segment in index.segments]

    def bound(self, queries: Vectors) -> Bound:
        """Return how far any cosine of `queries` may be from that of FAISS."""
        import torch

        asked = Rounded.of(queries, self._kind)
        longest = max((segment.longest for segment in self._segments), default=1.0)
        moved = max((segment.moved for segment in self._segments), default=0.0)
        product, exact = (longest + moved) * (asked.longest + asked.moved), longest * asked.longest
        gamma = queries.shape[1] * _SINGLE / (1 - queries.shape[1] * _SINGLE)
        off = moved * (asked.longest + asked.moved) + longest * asked.moved + gamma * (product + exact)
        return Bound(_MARGIN * off, _MARGIN * (_SINGLE if self._kind == torch.float32 else _BRAIN))

    def of_rows(self, queries: Vectors, rows: Rows) -> NDArray[np.float32]:
        """Return the coarse cosines of some passages (ascending), shape (rows, queries)."""
        import torch

        found, offset = [np.empty((0, len(queries)), dtype=np.float32)], 0
        for matrix in (segment.vectors for segment in self._segments):
            start, end = np.searchsorted(rows, [offset, offset + len(matrix)])
            found.append(self._product(matrix[torch.from_numpy(rows[start:end] - offset)], queries))
            offset += len(matrix)
        return np.concatenate(found)

    def blocks(self, queries: Vectors) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield the coarse cosines of all passages, a block at a time: its first passage, and (block, queries)."""
        offset = 0
        for matrix in (segment.vectors for segment in self._segments):
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
