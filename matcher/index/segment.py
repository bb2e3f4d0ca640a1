"""Segment: an immutable part of the index, built from some profiles at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import faiss
import numpy as np
from numpy.typing import NDArray

from matcher.embedding import Vectors
from matcher.index.columns import Mask, PassageColumns, ProfileColumns, Ragged
from matcher.index.eligibility import SECTORS, SIZES, held_schemes, region_bits, size_of
from matcher.index.postings import Postings, terms_of
from matcher.passages import Passage, passages_of
from matcher.records import Profile

Encode = Callable[[Sequence[str]], Vectors]

# Rows a thread scans at a time; fewer are not worth a second thread.
_SCAN_ROWS: Final = 4_096


@dataclass(frozen=True)
class Segment:
    """Profiles with their passages, vectors and postings. `vectors` is a flat FAISS index, row = passage."""

    profiles: ProfileColumns
    passages: PassageColumns
    postings: Postings
    vectors: faiss.IndexFlat

    @classmethod
    def build(cls, revisions: Sequence[tuple[int, Profile]], encode: Encode) -> Segment:
        """Build from (sequence, profile) pairs; `encode` turns passage texts into unit vectors."""
        passages = [passages_of(profile) for _, profile in revisions]
        texts = [passage.text for row in passages for passage in row]
        terms = [terms_of(text) for text in texts]
        vectors = encode(texts)
        dense = faiss.IndexFlatIP(vectors.shape[1])
        dense.add(np.ascontiguousarray(vectors))
        return cls(profile_columns(revisions), passage_columns(passages, terms), Postings.of(terms), dense)

    @classmethod
    def join(cls, parts: Sequence[tuple[Segment, Mask]]) -> Segment:
        """Return one segment with the profiles to keep of all `parts` (segment, mask over its profiles)."""
        kept = [(part, keep, keep[part.passages.owner]) for part, keep in parts]
        profiles = ProfileColumns.join([part.profiles.take(keep) for part, keep, _ in kept])
        passages = []
        offset = 0
        for part, keep, rows in kept:
            taken = part.passages.take(rows)
            number = np.cumsum(keep, dtype=np.int32) - 1 + offset
            passages.append(PassageColumns(number[taken.owner], taken.kind, taken.part, taken.number, taken.length))
            offset += int(keep.sum())
        dense = faiss.IndexFlatIP(kept[0][0].vectors.d)
        for part, _, rows in kept:
            dense.add(part.matrix()[rows])
        postings = Postings.join([(part.postings, rows) for part, _, rows in kept])
        return cls(profiles, PassageColumns.join(passages), postings, dense)

    def matrix(self) -> Vectors:
        """Return the vectors as a read-only view, shape (passages, dimensions)."""
        count, size = self.vectors.ntotal, self.vectors.d
        if count == 0:
            return np.empty((0, size), dtype=np.float32)
        view: Vectors = faiss.rev_swig_ptr(self.vectors.get_xb(), count * size).reshape(count, size)
        return view

    def similarities(self, query: Vectors, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the exact inner product of `query` (dimensions,) with each passage of `rows`.

        FAISS computes each row by itself, so a similarity does not depend on which other rows are asked
        for, nor on how many threads share the work.
        """
        if len(rows) == 0:
            return np.empty(0, dtype=np.float32)
        blocks = max(1, min(faiss.omp_get_max_threads(), len(rows) // _SCAN_ROWS))
        share = len(rows) // blocks
        found = np.empty(len(rows), dtype=np.float32)
        self._inner_products(query, rows[: blocks * share].reshape(blocks, share), found[: blocks * share])
        rest = rows[blocks * share :]
        if len(rest):
            self._inner_products(query, rest.reshape(1, -1), found[blocks * share :])
        return found

    def _inner_products(self, query: Vectors, rows: NDArray[np.int64], into: NDArray[np.float32]) -> None:
        blocks, share = rows.shape
        queries = np.ascontiguousarray(np.repeat(query[None, :], blocks, axis=0), dtype=np.float32)
        labels = np.ascontiguousarray(rows, dtype=np.int64)
        self.vectors.compute_distance_subset(  # type: ignore[attr-defined]
            blocks, faiss.swig_ptr(queries), share, faiss.swig_ptr(into), faiss.swig_ptr(labels)
        )


def profile_columns(revisions: Sequence[tuple[int, Profile]]) -> ProfileColumns:
    """Return the columns of (sequence, profile) pairs."""
    profiles = [profile for _, profile in revisions]
    held = [held_schemes(profile) for profile in profiles]
    numbers = [profile.identifiers.model_dump(exclude_none=True) for profile in profiles]
    return ProfileColumns(
        id=np.array([profile.id for profile in profiles], dtype=np.str_),
        sequence=np.array([sequence for sequence, _ in revisions], dtype=np.int64),
        sector=np.array([SECTORS.index(profile.sector) for profile in profiles], dtype=np.int8),
        regions=np.array([region_bits(profile) for profile in profiles], dtype=np.int32),
        size=np.array([SIZES.index(size_of(profile)) for profile in profiles], dtype=np.int8),
        turnover=np.array([p.turnover if p.turnover is not None else np.nan for p in profiles], dtype=np.float64),
        schemes=Ragged.of([[scheme for scheme, _ in row] for row in held], np.str_),
        expires=Ragged.of([[last for _, last in row] for row in held], np.int32),
        identifiers=Ragged.of([[f"{kind}:{number}" for kind, number in row.items()] for row in numbers], np.str_),
    )


def passage_columns(passages: Sequence[Sequence[Passage]], terms: Sequence[Sequence[str]]) -> PassageColumns:
    """Return the columns of the passages of each profile; `terms` are those of each passage."""
    flat = [passage for row in passages for passage in row]
    return PassageColumns(
        owner=np.repeat(np.arange(len(passages), dtype=np.int32), [len(row) for row in passages]),
        kind=np.array([passage.kind for passage in flat], dtype=np.int8),
        part=np.array([passage.part for passage in flat], dtype=np.int16),
        number=np.array([i for row in passages for i in range(len(row))], dtype=np.int32),
        length=np.array([len(row) for row in terms], dtype=np.int32),
    )
