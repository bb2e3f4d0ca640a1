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

    def passages_of(self, profiles: Mask) -> NDArray[np.int64]:
        """Return the rows of all passages of the profiles in the mask, ascending."""
        return np.flatnonzero(profiles[self.passages.owner])

    def similarities(self, query: Vectors, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the cosine of `query` (dimensions,) with each passage of `rows` (ascending): exact."""
        found = np.empty(len(rows), dtype=np.float32)
        for segment, offset in zip(self.segments, self._passage_offsets, strict=True):
            start, end = np.searchsorted(rows, [offset, offset + len(segment.passages)])
            found[start:end] = segment.similarities(query, rows[start:end] - offset)
        return found

    def term_scores(self, terms: Sequence[str]) -> NDArray[np.float64]:
        """Return two lexical scores of each passage, both in 0..1, shape (passages, 2).

        The share of the highest possible BM25 score that it reaches, each term counted once, and its lnc.ltc
        cosine. Counts are over the live passages of the whole register, so filters change nobody's score.
        Terms nobody uses are left aside.
        """
        scores = np.zeros((len(self._saturation), 2), dtype=np.float64)
        asked = sorted(set(terms))
        found = [segment.postings.find(asked) for segment in self.segments]
        used = np.zeros(len(asked), dtype=np.int64)
        for hits, live in zip(found, self._live_passages, strict=True):
            used += np.bincount(hits.term[live[hits.passage]], minlength=len(asked))
        if not used.any():
            return scores
        weights = np.where(used > 0, idf(self._live_count, used), 0.0)
        for hits, offset, live in zip(found, self._passage_offsets, self._live_passages, strict=True):
            weight, saturation = weights[hits.term], self._saturation[offset:][hits.passage]
            # Each passage's sum runs in the order of terms, however passages are spread over segments.
            of_segment = scores[offset : offset + len(live)].T
            of_segment[0] = np.bincount(hits.passage, weight * (hits.count / (hits.count + saturation)), len(live))
            of_segment[1] = np.bincount(hits.passage, weight * damped(hits.count), len(live))
        scores[:, 0] /= np.cumsum(weights)[-1]
        scores[:, 1] /= self.passages.norm * np.sqrt(np.cumsum(weights * weights)[-1])
        return scores

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
