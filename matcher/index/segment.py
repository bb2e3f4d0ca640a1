"""Segment: an immutable part of the index, built from some of the profiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import faiss
import numpy as np
from scipy.sparse import csr_array

from matcher.foundations.arrays import Mask, Rows, Vectors
from matcher.index.columns import PassageColumns, PassageRow, PieceColumns, PieceRow, ProfileColumns, ProfileRow
from matcher.index.postings import Postings, terms_of
from matcher.records import Profile
from matcher.records.places import ReadingRule
from matcher.texts.passages import passages_of

Encode = Callable[[Sequence[str]], Vectors]

# The number of rows that justifies one more thread.
_SCAN_ROWS: Final = 4_096
# A number of rows small enough to stay in the processor cache until every query has read them.
_CACHED_ROWS: Final = 256


@dataclass(frozen=True)
class Segment:
    """Profiles with their passages, vectors and postings.

    Attributes:
        profiles: one row per profile.
        pieces: one row per piece of a profile.
        passages: one row per passage of a piece.
        postings: the terms of each passage, and the passages of each term.
        vectors: a flat FAISS index with one row per passage.

    """

    profiles: ProfileColumns
    pieces: PieceColumns
    passages: PassageColumns
    postings: Postings
    vectors: faiss.IndexFlat

    @classmethod
    def build(cls, revisions: Sequence[tuple[int, Profile]], encode: Encode, rule: ReadingRule) -> Segment:
        """Build a segment from (sequence number, profile) pairs.

        `encode` turns passage texts into unit vectors. `rule` says how to read places and kinds.
        """
        profiles = [ProfileRow(sequence, profile, rule) for sequence, profile in revisions]
        pieces: list[PieceRow] = []
        passages: list[PassageRow] = []
        for owner, row in enumerate(profiles):
            numbers: dict[tuple[int, int], int] = {}
            for passage in passages_of(row.profile):
                if passage.piece not in numbers:
                    numbers[passage.piece] = len(pieces)
                    pieces.append(PieceRow(owner, row, *passage.piece))
                passages.append(PassageRow(owner, numbers[passage.piece], passage, terms_of(passage.text)))
        vectors = encode([row.passage.text for row in passages])
        flat = faiss.IndexFlatIP(vectors.shape[1])
        flat.add(np.ascontiguousarray(vectors))
        return cls(
            ProfileColumns.build(profiles),
            PieceColumns.build(pieces),
            PassageColumns.build(passages),
            Postings.of([row.terms for row in passages]),
            flat,
        )

    @classmethod
    def join(cls, parts: Sequence[tuple[Segment, Mask]]) -> Segment:
        """Join the live profiles of all `parts`. Each part is a segment with a mask of its live profiles."""
        live = [(part, mask, mask[part.passages.owner]) for part, mask in parts]
        pieces, passages = [], []
        first_profile = first_piece = 0
        for part, mask, passage_mask in live:
            piece_mask = mask[part.pieces.owner]
            owner = np.cumsum(mask, dtype=np.int32) - 1 + first_profile
            piece = np.cumsum(piece_mask, dtype=np.int32) - 1 + first_piece
            live_pieces, live_passages = part.pieces.take(piece_mask), part.passages.take(passage_mask)
            pieces.append(replace(live_pieces, owner=owner[live_pieces.owner]))
            passages.append(replace(live_passages, owner=owner[live_passages.owner], piece=piece[live_passages.piece]))
            first_profile, first_piece = first_profile + int(mask.sum()), first_piece + len(live_pieces)
        flat = faiss.IndexFlatIP(live[0][0].vectors.d)
        for part, _, passage_mask in live:
            flat.add(part.matrix()[passage_mask])
        return cls(
            ProfileColumns.join([part.profiles.take(mask) for part, mask, _ in live]),
            PieceColumns.join(pieces),
            PassageColumns.join(passages),
            Postings.join([(part.postings, passage_mask) for part, _, passage_mask in live]),
            flat,
        )

    @cached_property
    def contents(self) -> csr_array:
        """How often each passage uses each term, with one row per passage. Computed on first use."""
        return self.postings.contents(len(self.passages))

    def matrix(self) -> Vectors:
        """Return the vectors as a read-only view, shape (passages, dimensions)."""
        count, size = self.vectors.ntotal, self.vectors.d
        if count == 0:
            return np.empty((0, size), dtype=np.float32)
        view: Vectors = faiss.rev_swig_ptr(self.vectors.get_xb(), count * size).reshape(count, size)
        return view

    def similarities(self, queries: Vectors, rows: Rows) -> Vectors:
        """Return the exact inner product of each row in `rows` with each query, shape (rows, queries).

        `queries` has shape (queries, dimensions). FAISS computes each row separately, so a similarity does not depend
        on the other rows, or on the number of threads.
        """
        products = np.empty((len(queries), len(rows)), dtype=np.float32)
        # One query: an equal share of the rows for each thread.
        # Several queries: shares that stay in the processor cache until every query has read them.
        threads = max(1, min(faiss.omp_get_max_threads(), len(rows) // _SCAN_ROWS))
        share = max(1, len(rows) // threads if len(queries) == 1 else _CACHED_ROWS)
        full = len(rows) // share * share
        self._inner_products(queries, rows[:full].reshape(-1, share), products[:, :full])
        if full < len(rows):
            self._inner_products(queries, rows[full:].reshape(1, -1), products[:, full:])
        return products.T

    def _inner_products(self, queries: Vectors, rows: Rows, into: Vectors) -> None:
        """Write the inner products of `queries` and `rows` to `into`.

        `rows` has shape (blocks, share), and `into` has shape (queries, blocks · share).
        """
        blocks, share = rows.shape
        each = np.ascontiguousarray(np.tile(queries, (blocks, 1)), dtype=np.float32)
        labels = np.ascontiguousarray(np.repeat(rows, len(queries), axis=0), dtype=np.int64)
        products = np.empty(labels.shape, dtype=np.float32)
        self.vectors.compute_distance_subset(  # type: ignore[attr-defined]
            len(labels), faiss.swig_ptr(each), share, faiss.swig_ptr(products), faiss.swig_ptr(labels)
        )
        into[:] = products.reshape(blocks, len(queries), share).swapaxes(0, 1).reshape(len(queries), -1)
