"""Lexical index: the terms of all passages, and the two lexical scores of each passage for a query.

Term frequencies are counted over all live passages in the register, so a score does not depend on the filters, or on
how the passages are divided into segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csc_array

from matcher.foundations.arrays import Floats, Ints, Mask, Rows, Vectors
from matcher.index.columns import PassageColumns
from matcher.index.postings import K1, B, damped, idf
from matcher.index.segment import Segment


@dataclass(frozen=True)
class WeightedTerms:
    """The query terms that live passages use, in alphabetical order, each weighted by its idf."""

    terms: tuple[str, ...]
    weights: Floats

    def over(self, vocabulary: dict[str, int]) -> Floats:
        """Return a weight for every term in `vocabulary`: 0 if the term is not in the query."""
        weights = np.zeros(len(vocabulary), dtype=np.float64)
        positions, known = self.known(vocabulary)
        weights[positions] = known
        return weights

    def known(self, vocabulary: dict[str, int]) -> tuple[Rows, Floats]:
        """Return the positions and the weights of the query terms that are in `vocabulary`."""
        positions = np.array([vocabulary.get(term, -1) for term in self.terms], dtype=np.int64)
        return positions[positions >= 0], self.weights[positions >= 0]

    @property
    def total(self) -> float:
        """The sum of the weights, which is the highest possible BM25 score."""
        return float(np.cumsum(self.weights)[-1])

    @property
    def length(self) -> float:
        """The length of the vector of weights."""
        return float(np.sqrt(np.cumsum(self.weights * self.weights)[-1]))

    def slack(self) -> float:
        """Return twice the greatest possible difference between a BM25 sum in single precision and the exact sum.

        If n non-negative products of two factors are added, and each factor has been rounded once, the relative error
        of the sum is at most n + 3 roundings of 2⁻²⁴ each. The errors of two such sums, together with the rounding
        errors of the exact sums, are well within (n + 8) · 2⁻²² of the highest possible score.
        """
        return (len(self.terms) + 8) * 2.0**-22 * self.total if self.terms else 0.0


@dataclass(frozen=True)
class LexicalIndex:
    """The terms of a set of segments.

    Attributes:
        passages: the passages of all segments.
        live: for each segment, a mask of its live passages.

    """

    segments: tuple[Segment, ...]
    passages: PassageColumns
    live: tuple[Mask, ...]

    def weighted(self, terms: Sequence[str]) -> WeightedTerms:
        """Return the distinct `terms`, each weighted by its idf. Terms that no live passage uses are left out."""
        distinct = sorted(set(terms))
        frequencies = np.zeros(len(distinct), dtype=np.int64)
        for segment, counts in zip(self.segments, self._frequencies, strict=True):
            known = [(n, i) for n, term in enumerate(distinct) if (i := segment.postings.terms.get(term)) is not None]
            for n, i in known:
                frequencies[n] += counts[i]
        weights, used = idf(self._live_count, frequencies), frequencies > 0
        return WeightedTerms(tuple(t for t, n in zip(distinct, used, strict=True) if n), weights[used])

    def scores(self, terms: Sequence[str]) -> Floats:
        """Return the two lexical scores of every passage, shape (passages, 2); see `exact`."""
        scores: Floats = self.exact([self.weighted(terms)], np.arange(len(self.passages)))[0]
        return scores

    def exact(self, queries: Sequence[WeightedTerms], rows: Rows) -> Floats:
        """Return two lexical scores from 0 to 1 for each passage in `rows` (ascending), shape (queries, rows, 2).

        The first is BM25 as a share of the highest possible score, with each query term counted once. The second is
        the lnc.ltc cosine.
        """
        scores = np.zeros((len(queries), len(rows), 2), dtype=np.float64)
        offset = 0
        for segment in self.segments:
            start, end = np.searchsorted(rows, [offset, offset + len(segment.passages)])
            if start < end:
                scores[:, start:end] = self._sums(segment, queries, rows[start:end] - offset, offset)
            offset += len(segment.passages)
        for of_query, query in zip(scores, queries, strict=True):
            if query.terms:
                of_query[:, 0] /= query.total
                of_query[:, 1] /= self.passages.norm[rows] * query.length
        return scores

    def _sums(self, segment: Segment, queries: Sequence[WeightedTerms], rows: Rows, offset: int) -> Floats:
        """Return both sums for `rows` of a segment. Terms are added in order, so segmentation has no effect."""
        weights = np.stack([query.over(segment.postings.terms) for query in queries])
        contents = segment.contents[rows]
        hits = np.flatnonzero((weights > 0).any(axis=0).take(contents.indices))
        owners = np.repeat(np.arange(len(rows), dtype=np.int32), np.diff(contents.indptr)).take(hits)
        terms, count = contents.indices.take(hits), contents.data.take(hits)
        impact, damping = count / (count + self._saturation[rows + offset].take(owners)), damped(count)
        sums = np.empty((len(queries), len(rows), 2), dtype=np.float64)
        for of_query, of_terms in zip(sums, weights, strict=True):
            weight = of_terms.take(terms)
            own = np.flatnonzero(weight)  # only a few if the query is the title of a need
            owner, weight = owners.take(own), weight.take(own)
            of_query[:, 0] = np.bincount(owner, weight * impact.take(own), len(rows))
            of_query[:, 1] = np.bincount(owner, weight * damping.take(own), len(rows))
        return sums

    def approximate(self, query: WeightedTerms) -> Vectors:
        """Return the BM25 sum of every passage in single precision, shape (passages,); see `WeightedTerms.slack`."""
        sums: list[Vectors] = []
        for segment, impacts in zip(self.segments, self._impacts, strict=True):
            positions, weights = query.known(segment.postings.terms)
            sums.append(impacts[:, positions] @ weights.astype(np.float32))
        if len(sums) == 1:  # return the sums without copying them
            return sums[0]
        return np.concatenate([np.empty(0, dtype=np.float32), *sums])

    @cached_property
    def _live_count(self) -> int:
        return sum(int(mask.sum()) for mask in self.live)

    @cached_property
    def _frequencies(self) -> list[Ints]:
        """For each segment, the number of live passages that use each of its terms."""
        frequencies = []
        for segment, live in zip(self.segments, self.live, strict=True):
            starts = segment.postings.starts
            if live.all():
                frequencies.append(np.diff(starts))
            else:
                running = np.concatenate([[0], np.cumsum(live[segment.postings.passages])])
                frequencies.append(running[starts[1:]] - running[starts[:-1]])
        return frequencies

    @cached_property
    def _impacts(self) -> list[csc_array]:
        """For each segment, the query-independent BM25 factor of every posting: count / (count + saturation)."""
        parts, offset = [], 0
        for segment in self.segments:
            postings, size = segment.postings, len(segment.passages)
            saturation = self._saturation[offset : offset + size]
            impacts = (postings.counts / (postings.counts + saturation[postings.passages])).astype(np.float32)
            parts.append(csc_array((impacts, postings.passages, postings.starts), shape=(size, len(postings.terms))))
            offset += size
        return parts

    @cached_property
    def _saturation(self) -> Floats:
        """The BM25 saturation constant of each passage, shape (passages,). Longer passages have higher values."""
        lengths = self.passages.length.astype(np.float64)
        live = np.concatenate([*self.live, np.empty(0, dtype=bool)])
        mean = max(float(lengths[live].sum()) / max(self._live_count, 1), 1.0)
        saturation: Floats = K1 * (1 - B + B * lengths / mean)
        return saturation
