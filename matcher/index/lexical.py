"""Words: what the passages of an index say in words, and the two lexical scores of each.

Counts are taken over the live passages of the whole register, so filters change nobody's score, nor does the
way in which passages are spread over segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from matcher.foundations.arrays import Floats, Mask, Rows
from matcher.index.columns import PassageColumns
from matcher.index.postings import K1, B, damped, idf
from matcher.index.segment import Segment


@dataclass(frozen=True)
class Weighed:
    """The terms of a query that somebody uses, in alphabetical order, and their idf."""

    terms: tuple[str, ...]
    weights: Floats

    def of(self, vocabulary: dict[str, int]) -> Floats:
        """Return the weight of every term of `vocabulary`, 0 for those not asked for."""
        weights = np.zeros(len(vocabulary), dtype=np.float64)
        places, known = self.known(vocabulary)
        weights[places] = known
        return weights

    def known(self, vocabulary: dict[str, int]) -> tuple[Rows, Floats]:
        """Return the places in `vocabulary` of the terms that stand there, and their weights."""
        places = np.array([vocabulary.get(term, -1) for term in self.terms], dtype=np.int64)
        return places[places >= 0], self.weights[places >= 0]

    @property
    def most(self) -> float:
        """The sum of the weights: the highest BM25 score there could be."""
        return float(np.cumsum(self.weights)[-1])

    @property
    def length(self) -> float:
        """The length of the vector of the weights."""
        return float(np.sqrt(np.cumsum(self.weights * self.weights)[-1]))

    def slack(self) -> float:
        """Return by how much two sums may stand in another order in single precision.

        A sum of n products, none negative, each of two factors rounded once, is off by at most n + 3 roundings of
        2⁻²⁴ of itself; two sums, and the roundings of the exact ones, are well within (n + 8) · 2⁻²² of the highest
        there could be.
        """
        return (len(self.terms) + 8) * 2.0**-22 * self.most if self.terms else 0.0


@dataclass(frozen=True)
class Words:
    """The words of some segments: `passages` are those of all, `live` says which of each segment count."""

    segments: tuple[Segment, ...]
    passages: PassageColumns
    live: tuple[Mask, ...]

    def weighed(self, terms: Sequence[str]) -> Weighed:
        """Return the idf of `terms`, each counted once; those nobody uses are left aside."""
        asked = sorted(set(terms))
        used = np.zeros(len(asked), dtype=np.int64)
        for segment, frequencies in zip(self.segments, self._frequencies, strict=True):
            known = [(n, i) for n, term in enumerate(asked) if (i := segment.postings.terms.get(term)) is not None]
            for n, i in known:
                used[n] += frequencies[i]
        weights = idf(self._live_count, used)
        return Weighed(tuple(t for t, n in zip(asked, used, strict=True) if n), weights[used > 0])

    def scores(self, terms: Sequence[str]) -> Floats:
        """Return two lexical scores of each passage, both in 0..1, shape (passages, 2); see `exact`."""
        scores: Floats = self.exact([self.weighed(terms)], np.arange(len(self.passages)))[0]
        return scores

    def exact(self, queries: Sequence[Weighed], rows: Rows) -> Floats:
        """Return two lexical scores of each passage of `rows` (ascending) for each query, (queries, rows, 2), in 0..1.

        The share of the highest possible BM25 score that it reaches, each term counted once, and its lnc.ltc cosine.
        """
        scores = np.zeros((len(queries), len(rows), 2), dtype=np.float64)
        offset = 0
        for segment in self.segments:
            start, end = np.searchsorted(rows, [offset, offset + len(segment.passages)])
            if start < end:
                scores[:, start:end] = self._sums(segment, queries, rows[start:end] - offset, offset)
            offset += len(segment.passages)
        for of_query, weighed in zip(scores, queries, strict=True):
            if weighed.terms:
                of_query[:, 0] /= weighed.most
                of_query[:, 1] /= self.passages.norm[rows] * weighed.length
        return scores

    def _sums(self, segment: Segment, queries: Sequence[Weighed], rows: Rows, offset: int) -> Floats:
        """Return both sums for `rows` of a segment. Each runs in the order of terms, however passages are spread."""
        weights = np.stack([query.of(segment.postings.terms) for query in queries])
        found = segment.contents[rows]
        hit = np.flatnonzero((weights > 0).any(axis=0).take(found.indices))
        owners = np.repeat(np.arange(len(rows), dtype=np.int32), np.diff(found.indptr)).take(hit)
        terms, count = found.indices.take(hit), found.data.take(hit)
        impact, damping = count / (count + self._saturation[rows + offset].take(owners)), damped(count)
        sums = np.empty((len(queries), len(rows), 2), dtype=np.float64)
        for of_query, of_terms in zip(sums, weights, strict=True):
            weight = of_terms.take(terms)
            own = np.flatnonzero(weight)  # of a title, few
            owner, weight = owners.take(own), weight.take(own)
            of_query[:, 0] = np.bincount(owner, weight * impact.take(own), len(rows))
            of_query[:, 1] = np.bincount(owner, weight * damping.take(own), len(rows))
        return sums

    def rough(self, weighed: Weighed) -> NDArray[np.float32]:
        """Return the BM25 sum of every passage in single precision, shape (passages,); see `Weighed.slack`."""
        sums: list[NDArray[np.float32]] = []
        for segment, impacts in zip(self.segments, self._impacts, strict=True):
            places, weights = weighed.known(segment.postings.terms)
            sums.append(impacts[:, places] @ weights.astype(np.float32))
        if len(sums) == 1:  # the only one is not copied
            return sums[0]
        return np.concatenate([np.empty(0, dtype=np.float32), *sums])

    @cached_property
    def _live_count(self) -> int:
        return sum(int(mask.sum()) for mask in self.live)

    @cached_property
    def _frequencies(self) -> list[NDArray[np.int64]]:
        """In how many live passages each term of each segment stands."""
        found = []
        for segment, live in zip(self.segments, self.live, strict=True):
            starts = segment.postings.starts
            if live.all():
                found.append(np.diff(starts))
            else:
                alive = np.concatenate([[0], np.cumsum(live[segment.postings.passages])])
                found.append(alive[starts[1:]] - alive[starts[:-1]])
        return found

    @cached_property
    def _impacts(self) -> list[csc_array]:
        """The part of BM25 that no query changes: for each posting, its count against the saturation of its passage."""
        found, offset = [], 0
        for segment in self.segments:
            postings, size = segment.postings, len(segment.passages)
            saturation = self._saturation[offset : offset + size]
            impacts = (postings.counts / (postings.counts + saturation[postings.passages])).astype(np.float32)
            found.append(csc_array((impacts, postings.passages, postings.starts), shape=(size, len(postings.terms))))
            offset += size
        return found

    @cached_property
    def _saturation(self) -> Floats:
        lengths = self.passages.length.astype(np.float64)
        live = np.concatenate([*self.live, np.empty(0, dtype=bool)])
        mean = max(float(lengths[live].sum()) / max(self._live_count, 1), 1.0)
        norm: Floats = K1 * (1 - B + B * lengths / mean)
        return norm
