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

import numpy as np
from numpy.typing import NDArray

from matcher.foundations.arrays import Mask, Vectors
from matcher.foundations.row_groups import rows_of, sizes_of
from matcher.index.columns import PassageColumns, PieceColumns, ProfileColumns
from matcher.index.compaction import compacted
from matcher.index.eligibility import Eligible, passing
from matcher.index.lexical import Words
from matcher.index.segment import Encode, Segment, passage_columns, piece_columns, profile_columns
from matcher.records import Filters, Profile


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
        parts = [
            (s, mask & ~np.isin(s.profiles.id, changed)) for s, mask in zip(self.segments, self.alive, strict=True)
        ]
        present = sorted((id, number, profile) for number, id, profile in changes if profile is not None)
        if present:
            added = Segment.build([(number, profile) for _, number, profile in present], encode)
            parts.append((added, np.ones(len(present), dtype=bool)))
        parts = compacted(parts)
        return replace(
            self, sequence=sequence, segments=tuple(s for s, _ in parts), alive=tuple(alive for _, alive in parts)
        )

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

    @cached_property
    def words(self) -> Words:
        """What the passages say in words."""
        live = tuple(mask[s.passages.owner] for s, mask in zip(self.segments, self.alive, strict=True))
        return Words(self.segments, self.passages, live)

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
        return rows_of(self.first_passages[profiles], self._passages_each[profiles])

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

    @cached_property
    def _held(self) -> dict[tuple[str, date], Mask]:
        return {}

    @cached_property
    def _passages_each(self) -> NDArray[np.int64]:
        return sizes_of(self.first_passages, len(self.passages))

    @cached_property
    def _passage_offsets(self) -> list[int]:
        return _offsets([len(segment.passages) for segment in self.segments])


def _offsets(sizes: Sequence[int]) -> list[int]:
    """Return the row at which each of some tables begins once they stand one after the other."""
    return [int(end) - size for end, size in zip(np.cumsum(sizes), sizes, strict=True)]
