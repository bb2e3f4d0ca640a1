"""Adversaries: approximate scores with the largest errors that their bounds allow, always in the worst direction.

The passages of the profiles that should be selected score as low as the bound allows. All others score as high as it
allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.foundations.arrays import Floats, Mask, Rows, Vectors
from matcher.index import Index, Prefilter
from matcher.index.lexical import LexicalIndex, WeightedTerms
from matcher.index.prefilter import ErrorBound
from matcher.index.shortlist import TopK

# Leaves room for rounding to single precision.
_WITHIN: Final = 0.999


def lowest(exact: Floats, bound: ErrorBound) -> Floats:
    """Return the lowest approximate scores that `bound` allows for the `exact` scores."""
    product = exact - bound.moved
    return product - np.abs(product) * bound.rounding


def highest_allowed(exact: Floats, bound: ErrorBound) -> Floats:
    """Return the highest approximate scores that `bound` allows for the `exact` scores."""
    product = exact + bound.moved
    return product + np.abs(product) * bound.rounding


def selected_passages(index: Index, exact: Floats, depth: int) -> Mask:
    """Return a mask of the passages of the `depth` live profiles with the highest `exact` scores."""
    top = TopK(index.passages.owner, index.id_ranks, index.live, depth)
    rows = index.passages_where(index.live)
    selected = np.zeros(len(index.live), dtype=bool)
    selected[top.select(rows, exact[rows])] = True
    mask: Mask = selected[index.passages.owner]
    return mask


class WorstPrefilter(Prefilter):
    """A prefilter whose cosines are as far off as `allowed` permits, for a search without filters."""

    allowed: Final = ErrorBound(moved=0.01, rounding=2.0**-8)

    def __init__(self, index: Index, depth: int) -> None:
        super().__init__(index)
        self._index = index
        self._depth = depth

    def bound(self, queries: Vectors) -> ErrorBound:
        return self.allowed

    def cosines(self, queries: Vectors, rows: Rows) -> Vectors:
        return self._worst(queries)[rows]

    def blocks(self, queries: Vectors) -> Iterator[tuple[int, Vectors]]:
        yield 0, self._worst(queries)

    def _worst(self, queries: Vectors) -> Vectors:
        bound = ErrorBound(_WITHIN * self.allowed.moved, _WITHIN * self.allowed.rounding)
        exact = self._index.similarities(queries, np.arange(len(self._index.passages))).astype(np.float64)
        worst = np.empty(exact.shape, dtype=np.float32)
        for n in range(len(queries)):
            selected = selected_passages(self._index, exact[:, n], self._depth)
            worst[:, n] = np.where(selected, lowest(exact[:, n], bound), highest_allowed(exact[:, n], bound))
        return worst


@dataclass(frozen=True)
class WorstLexicalIndex(LexicalIndex):
    """A lexical index whose approximate scores are as far off as the slack permits, for a search without filters."""

    index: Index
    depth: int

    @classmethod
    def of(cls, index: Index, depth: int) -> WorstLexicalIndex:
        """Return the adversary for searches of `index` with this `depth`."""
        own = index.lexical
        return cls(own.segments, own.passages, own.live, index, depth)

    def approximate(self, query: WeightedTerms) -> Vectors:
        exact = self.exact([query], np.arange(len(self.passages)))[0, :, 0]
        selected = selected_passages(self.index, exact, self.depth)
        sums = exact * query.total if query.terms else exact
        error = (len(query.terms) + 8) * 2.0**-23 * query.total * 0.9 if query.terms else 0.0
        worst = np.where(selected, sums - error, sums + error)
        # A passage without any of the terms scores zero, so this part of an approximate sum is exact.
        return np.where(exact > 0, np.maximum(worst, 1e-30), 0.0).astype(np.float32)
