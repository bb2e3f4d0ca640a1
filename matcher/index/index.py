"""Index: what search sees of the register at one sequence number. An immutable value, derived and disposable.

It is a row of segments, oldest first. A profile that changes is marked dead where it stood and stands anew
in a segment at the end; small segments are joined so that there are never many. What a search answers does
not depend on how the profiles are spread over segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from matcher.embedding import Vectors
from matcher.index.columns import Mask, PassageColumns, PieceColumns, ProfileColumns
from matcher.index.eligibility import passing
from matcher.index.postings import K1, B, damped, idf
from matcher.index.segment import Encode, Segment, passage_columns, piece_columns, profile_columns
from matcher.records import Filters, Profile

# A segment is joined to the one before it once that is less than this many times as large, so the number
# of segments grows with the logarithm of the register and an update copies little.
_GROWTH: Final = 4
# A segment is written anew once this share of its profiles is dead.
_DEAD: Final = 0.25


@dataclass(frozen=True)
class Eligible:
    """Who passed: a mask over profiles, how many were considered, and a mask of those that each filter excludes."""

    mask: Mask
    considered: int
    failing: dict[str, Mask]

    @property
    def count(self) -> int:
        """How many profiles are eligible."""
        return int(self.mask.sum())

    @property
    def excluded(self) -> dict[str, int]:
        """How many profiles each filter excludes."""
        return {name: int(fails.sum()) for name, fails in self.failing.items()}


@dataclass(frozen=True)
class Weighed:
    """The terms of a query that somebody uses, in alphabetical order, and their idf."""

    terms: tuple[str, ...]
    weights: NDArray[np.float64]

    def of(self, vocabulary: dict[str, int]) -> NDArray[np.float64]:
        """Return the weight of every term of `vocabulary`, 0 for those not asked for."""
        weights = np.zeros(len(vocabulary), dtype=np.float64)
        for term, weight in zip(self.terms, self.weights, strict=True):
            if (place := vocabulary.get(term)) is not None:
                weights[place] = weight
        return weights

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
class Index:
    """Segments with the profiles alive in each. `sequence` is that of the last change taken in; `origin` says which
    store's it is, so that the index of one store is never taken for that of another.
    """

    encoder: str
    sequence: int = 0
    segments: tuple[Segment, ...] = ()
    alive: tuple[Mask, ...] = ()
    origin: str = ""

    def updated(self, changes: Sequence[tuple[int, str, Profile | None]], encode: Encode, sequence: int) -> Index:
        """Return the index after `changes`: (sequence, id, profile or None where withdrawn), each id once.

        `encode` turns passage texts into unit vectors, shape (texts, dimensions).
        """
        changed = np.array([id for _, id, _ in changes], dtype=np.str_)
        segments = list(self.segments)
        alive = [mask & ~np.isin(s.profiles.id, changed) for s, mask in zip(segments, self.alive, strict=True)]
        present = sorted((id, number, profile) for number, id, profile in changes if profile is not None)
        if present:
            segments.append(Segment.build([(number, profile) for _, number, profile in present], encode))
            alive.append(np.ones(len(present), dtype=bool))
        segments, alive = _compacted(segments, alive)
        return replace(self, sequence=sequence, segments=tuple(segments), alive=tuple(alive))

    @cached_property
    def profiles(self) -> ProfileColumns:
        """All profiles of all segments, dead ones among them; the row of a profile in every mask."""
        return ProfileColumns.join([segment.profiles for segment in self.segments] or [profile_columns([])])

    @cached_property
    def passages(self) -> PassageColumns:
        """All passages of all segments, their owners numbered as in `profiles`."""
        owners = _offsets([len(segment.profiles) for segment in self.segments])
        pieces = _offsets([len(segment.pieces) for segment in self.segments])
        tables = [
            replace(s.passages, owner=s.passages.owner + np.int32(owner), piece=s.passages.piece + np.int32(piece))
            for s, owner, piece in zip(self.segments, owners, pieces, strict=True)
        ]
        return PassageColumns.join(tables or [passage_columns([], [])])

    @cached_property
    def pieces(self) -> PieceColumns:
        """All pieces of all segments, their owners numbered as in `profiles`."""
        owners = _offsets([len(segment.profiles) for segment in self.segments])
        tables = [
            replace(segment.pieces, owner=segment.pieces.owner + np.int32(owner))
            for segment, owner in zip(self.segments, owners, strict=True)
        ]
        return PieceColumns.join(tables or [piece_columns([], [])])

    @cached_property
    def live(self) -> Mask:
        """Which rows of `profiles` stand for a current profile."""
        return np.concatenate(self.alive) if self.alive else np.zeros(0, dtype=bool)

    @cached_property
    def by_id(self) -> NDArray[np.int64]:
        """The place of every profile in alphabetical order of ids: the rule that breaks ties."""
        rank = np.empty(len(self.live), dtype=np.int64)
        rank[np.argsort(self.profiles.id, kind="stable")] = np.arange(len(rank))
        return rank

    @cached_property
    def first_passages(self) -> NDArray[np.int64]:
        """Row of the first passage of each profile, for reductions over a profile's passages."""
        return np.searchsorted(self.passages.owner, np.arange(len(self.live)))

    def __len__(self) -> int:
        return int(self.live.sum())

    def eligible(self, filters: Sequence[Filters], on: date) -> Eligible:
        """Return which live profiles pass all `filters` on the day `on`."""
        masks: dict[str, Mask] = {}
        for chosen in filters:
            for name, passes in passing(self.profiles, chosen, on).items():
                masks[name] = masks.get(name, self.live) & passes
        mask = self.live.copy()
        for passes in masks.values():
            mask &= passes
        # A filter that was set twice, chosen and required, leaves out each profile once.
        failing = {name: self.live & ~passes for name, passes in masks.items()}
        return Eligible(mask, len(self), failing)

    def holding(self, scheme: str, on: date) -> Mask:
        """Return which profiles hold the accreditation `scheme` on the day `on`."""
        if (scheme, on) not in self._held:
            self._held[scheme, on] = passing(self.profiles, Filters(accreditations=(scheme,)), on)["accreditations"]
        return self._held[scheme, on]

    def passages_of(self, profiles: Mask) -> NDArray[np.int64]:
        """Return the rows of all passages of the profiles in the mask, ascending."""
        return np.flatnonzero(profiles[self.passages.owner])

    def passages_in(self, profiles: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of all passages of `profiles` (ascending rows), ascending."""
        firsts = self.first_passages[profiles]
        ends = np.append(self.first_passages, len(self.passages))[profiles + 1]
        sizes = ends - firsts
        return np.repeat(firsts - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())

    def similarities(self, query: Vectors, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the exact cosine of `query` with each passage of `rows` (ascending).

        `query` has shape (dimensions,) or (queries, dimensions), the result (rows,) or (rows, queries).
        """
        queries = np.atleast_2d(query)
        found = np.empty((len(rows), len(queries)), dtype=np.float32)
        for segment, offset in zip(self.segments, self._passage_offsets, strict=True):
            start, end = np.searchsorted(rows, [offset, offset + len(segment.passages)])
            if start < end:
                found[start:end] = segment.similarities(queries, rows[start:end] - offset)
        return found if query.ndim == 2 else found[:, 0]

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

    def term_scores(self, terms: Sequence[str]) -> NDArray[np.float64]:
        """Return two lexical scores of each passage, both in 0..1, shape (passages, 2); see `word_scores`."""
        scores: NDArray[np.float64] = self.word_scores([self.weighed(terms)], np.arange(len(self.passages)))[0]
        return scores

    def word_scores(self, queries: Sequence[Weighed], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return two lexical scores of each passage of `rows` (ascending) for each query, (queries, rows, 2), in 0..1.

        The share of the highest possible BM25 score that it reaches, each term counted once, and its lnc.ltc
        cosine. Counts are over the live passages of the whole register, so filters change nobody's score.
        """
        scores = np.zeros((len(queries), len(rows), 2), dtype=np.float64)
        for segment, offset in zip(self.segments, self._passage_offsets, strict=True):
            start, end = np.searchsorted(rows, [offset, offset + len(segment.passages)])
            if start < end:
                scores[:, start:end] = self._word_sums(segment, queries, rows[start:end] - offset, offset)
        for of_query, weighed in zip(scores, queries, strict=True):
            if weighed.terms:
                of_query[:, 0] /= weighed.most
                of_query[:, 1] /= self.passages.norm[rows] * weighed.length
        return scores

    def _word_sums(
        self, segment: Segment, queries: Sequence[Weighed], rows: NDArray[np.int64], offset: int
    ) -> NDArray[np.float64]:
        """Return both sums for `rows` of a segment. Each runs in the order of terms, however passages are spread."""
        weights = np.stack([query.of(segment.postings.terms) for query in queries])
        contents = segment.contents
        places, owners = contents.entries(rows)
        hit = np.flatnonzero((weights > 0).max(axis=0)[contents.terms[places]])
        places, owners = places[hit], owners[hit]
        count, saturation = contents.counts[places], self._saturation[rows + offset][owners]
        bm25, damping, terms = count / (count + saturation), damped(count), contents.terms[places]
        sums = np.empty((len(queries), len(rows), 2), dtype=np.float64)
        for of_query, weight in zip(sums, weights[:, terms], strict=True):
            of_query[:, 0] = np.bincount(owners, weight * bm25, len(rows))
            of_query[:, 1] = np.bincount(owners, weight * damping, len(rows))
        return sums

    def rough_words(self, weighed: Weighed) -> NDArray[np.float32]:
        """Return the BM25 sum of every passage in single precision, shape (passages,); see `Weighed.slack`."""
        sums = []
        for segment, impacts in zip(self.segments, self._impacts, strict=True):
            postings = segment.postings
            known = [(i, n) for n, term in enumerate(weighed.terms) if (i := postings.terms.get(term)) is not None]
            spans = [slice(postings.starts[i], postings.starts[i + 1]) for i, _ in known]
            starts = np.cumsum([0, *(span.stop - span.start for span in spans)])
            empty = slice(0, 0)
            passages = np.concatenate([postings.passages[span] for span in (*spans, empty)])
            values = np.concatenate([impacts[span] for span in (*spans, empty)])
            weights = weighed.weights[[n for _, n in known]].astype(np.float32)
            sums.append(csc_array((values, passages, starts), shape=(len(segment.passages), len(known))) @ weights)
        return np.concatenate(sums) if sums else np.zeros(0, dtype=np.float32)

    @cached_property
    def _held(self) -> dict[tuple[str, date], Mask]:
        return {}

    @cached_property
    def _passage_offsets(self) -> list[int]:
        return _offsets([len(segment.passages) for segment in self.segments])

    @cached_property
    def _live_passages(self) -> list[Mask]:
        return [mask[s.passages.owner] for s, mask in zip(self.segments, self.alive, strict=True)]

    @cached_property
    def _live_count(self) -> int:
        return sum(int(mask.sum()) for mask in self._live_passages)

    @cached_property
    def _frequencies(self) -> list[NDArray[np.int64]]:
        """In how many live passages each term of each segment stands."""
        found = []
        for segment, live in zip(self.segments, self._live_passages, strict=True):
            starts = segment.postings.starts
            if live.all():
                found.append(np.diff(starts))
            else:
                alive = np.concatenate([[0], np.cumsum(live[segment.postings.passages])])
                found.append(alive[starts[1:]] - alive[starts[:-1]])
        return found

    @cached_property
    def _impacts(self) -> list[NDArray[np.float32]]:
        """The part of BM25 that no query changes: for each posting, its count against the saturation of its passage."""
        found = []
        for segment, offset in zip(self.segments, self._passage_offsets, strict=True):
            saturation = self._saturation[offset : offset + len(segment.passages)]
            counts = segment.postings.counts
            found.append((counts / (counts + saturation[segment.postings.passages])).astype(np.float32))
        return found

    @cached_property
    def _saturation(self) -> NDArray[np.float64]:
        lengths = self.passages.length.astype(np.float64)
        mean = max(float(lengths[self.live[self.passages.owner]].sum()) / max(self._live_count, 1), 1.0)
        norm: NDArray[np.float64] = K1 * (1 - B + B * lengths / mean)
        return norm


def _offsets(sizes: Sequence[int]) -> list[int]:
    """Return the row at which each of some tables begins once they stand one after the other."""
    return [int(end) - size for end, size in zip(np.cumsum(sizes), sizes, strict=True)]


def _compacted(segments: list[Segment], alive: list[Mask]) -> tuple[list[Segment], list[Mask]]:
    """Join what has grown small against its successor, and write anew what is largely dead."""
    kept: list[tuple[Segment, Mask]] = []
    for part in zip(segments, alive, strict=True):
        kept.append(_rewritten(part))
        while len(kept) > 1 and len(kept[-2][0].passages) < _GROWTH * len(kept[-1][0].passages):
            kept[-2:] = [_joined(kept[-2:])]
    kept = [part for part in kept if part[1].any()]
    return [segment for segment, _ in kept], [mask for _, mask in kept]


def _rewritten(part: tuple[Segment, Mask]) -> tuple[Segment, Mask]:
    _, mask = part
    return _joined([part]) if mask.any() and mask.mean() < 1 - _DEAD else part


def _joined(parts: list[tuple[Segment, Mask]]) -> tuple[Segment, Mask]:
    segment = Segment.join(parts)
    return segment, np.ones(len(segment.profiles), dtype=bool)
