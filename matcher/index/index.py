"""Index: the register as search sees it at one sequence number. An index is immutable and can always be rebuilt.

An index consists of segments, oldest first. When a profile changes, its old row is marked dead and a new row is added
to a segment at the end. Small segments are merged to keep their number low. Search results do not depend on how the
profiles are divided into segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np

from matcher.foundations.arrays import Mask, Rows, Vectors
from matcher.foundations.row_groups import group_rows, group_sizes
from matcher.index.columns import PassageColumns, PieceColumns, ProfileColumns
from matcher.index.compaction import compacted
from matcher.index.eligibility import Eligible, passing
from matcher.index.lexical import LexicalIndex
from matcher.index.segment import Encode, Segment
from matcher.records import Filters, Profile
from matcher.records.places import CURRENT_RULE, ReadingRule


@dataclass(frozen=True)
class Index:
    """An index of the profiles of a store.

    Attributes:
        encoder: the fingerprint of the encoder that made the vectors.
        sequence: the sequence number of the last change included.
        segments: the segments, oldest first.
        live_masks: for each segment, a mask of its current profiles.
        origin: identifies the store, so that the index of one store is never mistaken for the index of another.
        rule: how the places and kinds of suppliers are read.

    """

    encoder: str
    sequence: int = 0
    segments: tuple[Segment, ...] = ()
    live_masks: tuple[Mask, ...] = ()
    origin: str = ""
    rule: ReadingRule = CURRENT_RULE

    def updated(self, changes: Sequence[tuple[int, str, Profile | None]], encode: Encode, sequence: int) -> Index:
        """Return the index with `changes` applied and `sequence` as its sequence number.

        Args:
            changes: a tuple (sequence number, id, profile) for each changed profile. A withdrawn profile is None.
            encode: turns passage texts into unit vectors, shape (texts, dimensions).
            sequence: the sequence number of the new index.

        """
        changed = np.array([id for _, id, _ in changes], dtype=np.str_)
        parts = [
            (s, mask & ~np.isin(s.profiles.id, changed)) for s, mask in zip(self.segments, self.live_masks, strict=True)
        ]
        present = sorted((id, number, profile) for number, id, profile in changes if profile is not None)
        if present:
            added = Segment.build([(number, profile) for _, number, profile in present], encode, self.rule)
            parts.append((added, np.ones(len(present), dtype=bool)))
        parts = compacted(parts)
        return replace(
            self, sequence=sequence, segments=tuple(s for s, _ in parts), live_masks=tuple(live for _, live in parts)
        )

    @cached_property
    def profiles(self) -> ProfileColumns:
        """All profiles of all segments, including dead ones. Every mask over profiles refers to these rows."""
        return ProfileColumns.join([segment.profiles for segment in self.segments] or [ProfileColumns.build([])])

    @cached_property
    def passages(self) -> PassageColumns:
        """All passages of all segments. `owner` and `piece` are row numbers in `profiles` and `pieces`."""
        owners = _offsets([len(segment.profiles) for segment in self.segments])
        pieces = _offsets([len(segment.pieces) for segment in self.segments])
        tables = [
            replace(s.passages, owner=s.passages.owner + np.int32(owner), piece=s.passages.piece + np.int32(piece))
            for s, owner, piece in zip(self.segments, owners, pieces, strict=True)
        ]
        return PassageColumns.join(tables or [PassageColumns.build([])])

    @cached_property
    def pieces(self) -> PieceColumns:
        """All pieces of all segments. `owner` is a row number in `profiles`."""
        owners = _offsets([len(segment.profiles) for segment in self.segments])
        tables = [
            replace(segment.pieces, owner=segment.pieces.owner + np.int32(owner))
            for segment, owner in zip(self.segments, owners, strict=True)
        ]
        return PieceColumns.join(tables or [PieceColumns.build([])])

    @cached_property
    def live(self) -> Mask:
        """A mask that selects the current rows of `profiles`."""
        return np.concatenate(self.live_masks) if self.live_masks else np.zeros(0, dtype=bool)

    @cached_property
    def id_ranks(self) -> Rows:
        """The rank of every profile in alphabetical order of id. These ranks break ties."""
        ranks = np.empty(len(self.live), dtype=np.int64)
        ranks[np.argsort(self.profiles.id, kind="stable")] = np.arange(len(ranks))
        return ranks

    @cached_property
    def first_passages(self) -> Rows:
        """The row of each profile's first passage."""
        return np.searchsorted(self.passages.owner, np.arange(len(self.live)))

    @cached_property
    def lexical(self) -> LexicalIndex:
        """The lexical index over all segments."""
        live = tuple(mask[s.passages.owner] for s, mask in zip(self.segments, self.live_masks, strict=True))
        return LexicalIndex(self.segments, self.passages, live)

    def __len__(self) -> int:
        return int(self.live.sum())

    def eligible(self, filters: Sequence[Filters], on: date) -> Eligible:
        """Return which live profiles pass all `filters` on day `on`.

        If one of the filters includes suppliers of unknown place, all of them do.
        """
        masks: dict[str, Mask] = {}
        include_unknown = any(chosen.include_unknown for chosen in filters)
        for chosen in (each.model_copy(update={"include_unknown": include_unknown}) for each in filters):
            for name, passes in passing(self.profiles, chosen, on, self.rule).items():
                masks[name] = masks.get(name, self.live) & passes
        mask = self.live.copy()
        for passes in masks.values():
            mask &= passes
        # If the user and the need set the same filter, a profile excluded by either or both is counted once.
        failing = {name: self.live & ~passes for name, passes in masks.items()}
        return Eligible(mask, len(self), failing)

    def passages_where(self, profiles: Mask) -> Rows:
        """Return, in ascending order, all passages of the profiles that the mask `profiles` selects."""
        return np.flatnonzero(profiles[self.passages.owner])

    def passages_of(self, profiles: Rows) -> Rows:
        """Return all passages of `profiles`. Both the argument and the result are ascending."""
        return group_rows(self.first_passages[profiles], self._passage_counts[profiles])

    def similarities(self, query: Vectors, rows: Rows) -> Vectors:
        """Return the exact cosine between `query` and each passage in `rows` (ascending).

        A `query` of shape (dimensions,) gives a result of shape (rows,); (queries, dimensions) gives (rows, queries).
        """
        queries = np.atleast_2d(query)
        cosines = np.empty((len(rows), len(queries)), dtype=np.float32)
        for segment, offset in zip(self.segments, self._passage_offsets, strict=True):
            start, end = np.searchsorted(rows, [offset, offset + len(segment.passages)])
            if start < end:
                cosines[start:end] = segment.similarities(queries, rows[start:end] - offset)
        return cosines if query.ndim == 2 else cosines[:, 0]

    @cached_property
    def _passage_counts(self) -> Rows:
        return group_sizes(self.first_passages, len(self.passages))

    @cached_property
    def _passage_offsets(self) -> list[int]:
        return _offsets([len(segment.passages) for segment in self.segments])


def _offsets(sizes: Sequence[int]) -> list[int]:
    """Return the number of each table's first row when tables of these `sizes` are joined end to end."""
    return [int(end) - size for end, size in zip(np.cumsum(sizes), sizes, strict=True)]
