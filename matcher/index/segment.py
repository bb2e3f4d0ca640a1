"""Segment: an immutable part of the index, built from some profiles at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import faiss
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from matcher.foundations.arrays import Mask, Vectors
from matcher.index.columns import PassageColumns, PieceColumns, ProfileColumns, Ragged
from matcher.index.eligibility import SECTORS, SIZES, bits_of, day_number, held_schemes, home_bits, region_bits
from matcher.index.postings import Postings, norm_of, terms_of
from matcher.records import Profile, size_of
from matcher.records.places import regions_of_record
from matcher.scoring.signals import FAMILIES, UNDATED
from matcher.texts.passages import Passage, PassageKind, passages_of

Encode = Callable[[Sequence[str]], Vectors]

# Rows a thread scans at a time; fewer are not worth a second thread.
_SCAN_ROWS: Final = 4_096
# Rows that stay in the cache until every query has met them.
_CACHED_ROWS: Final = 256


@dataclass(frozen=True)
class Segment:
    """Profiles with their passages, vectors and postings. `vectors` is a flat FAISS index, row = passage."""

    profiles: ProfileColumns
    pieces: PieceColumns
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
        pieces = piece_columns([profile for _, profile in revisions], passages)
        return cls(profile_columns(revisions), pieces, passage_columns(passages, terms), Postings.of(terms), dense)

    @classmethod
    def join(cls, parts: Sequence[tuple[Segment, Mask]]) -> Segment:
        """Return one segment with the profiles to keep of all `parts` (segment, mask over its profiles)."""
        kept = [(part, keep, keep[part.passages.owner]) for part, keep in parts]
        profiles = ProfileColumns.join([part.profiles.take(keep) for part, keep, _ in kept])
        pieces, passages = [], []
        owners = first_piece = 0
        for part, keep, rows in kept:
            kept_pieces = keep[part.pieces.owner]
            owner = np.cumsum(keep, dtype=np.int32) - 1 + owners
            piece = np.cumsum(kept_pieces, dtype=np.int32) - 1 + first_piece
            taken, worded = part.pieces.take(kept_pieces), part.passages.take(rows)
            pieces.append(replace(taken, owner=owner[taken.owner]))
            passages.append(replace(worded, owner=owner[worded.owner], piece=piece[worded.piece]))
            owners, first_piece = owners + int(keep.sum()), first_piece + len(taken)
        dense = faiss.IndexFlatIP(kept[0][0].vectors.d)
        for part, _, rows in kept:
            dense.add(part.matrix()[rows])
        postings = Postings.join([(part.postings, rows) for part, _, rows in kept])
        return cls(profiles, PieceColumns.join(pieces), PassageColumns.join(passages), postings, dense)

    @cached_property
    def contents(self) -> csr_array:
        """What stands in each passage, a row each: how often it has each term. Made when it is first asked for."""
        return self.postings.contents(len(self.passages))

    def matrix(self) -> Vectors:
        """Return the vectors as a read-only view, shape (passages, dimensions)."""
        count, size = self.vectors.ntotal, self.vectors.d
        if count == 0:
            return np.empty((0, size), dtype=np.float32)
        view: Vectors = faiss.rev_swig_ptr(self.vectors.get_xb(), count * size).reshape(count, size)
        return view

    def similarities(self, queries: Vectors, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the exact inner products of `queries`, (queries, dimensions), with `rows`, shape (rows, queries).

        FAISS computes each row by itself, so a similarity does not depend on which other rows are asked
        for, nor on how many threads share the work.
        """
        found = np.empty((len(queries), len(rows)), dtype=np.float32)
        # All queries meet the rows of a share while those are in the processor's cache.
        threads = max(1, min(faiss.omp_get_max_threads(), len(rows) // _SCAN_ROWS))
        share = max(1, len(rows) // threads if len(queries) == 1 else _CACHED_ROWS)
        whole = len(rows) // share * share
        self._inner_products(queries, rows[:whole].reshape(-1, share), found[:, :whole])
        if whole < len(rows):
            self._inner_products(queries, rows[whole:].reshape(1, -1), found[:, whole:])
        return found.T

    def _inner_products(self, queries: Vectors, rows: NDArray[np.int64], into: NDArray[np.float32]) -> None:
        blocks, share = rows.shape
        each = np.ascontiguousarray(np.tile(queries, (blocks, 1)), dtype=np.float32)
        labels = np.ascontiguousarray(np.repeat(rows, len(queries), axis=0), dtype=np.int64)
        products = np.empty(labels.shape, dtype=np.float32)
        self.vectors.compute_distance_subset(  # type: ignore[attr-defined]
            len(labels), faiss.swig_ptr(each), share, faiss.swig_ptr(products), faiss.swig_ptr(labels)
        )
        into[:] = products.reshape(blocks, len(queries), share).swapaxes(0, 1).reshape(len(queries), -1)


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
        home=np.array([home_bits(profile) for profile in profiles], dtype=np.int32),
        size=np.array([SIZES.index(size_of(profile)) for profile in profiles], dtype=np.int8),
        turnover=np.array([p.turnover if p.turnover is not None else np.nan for p in profiles], dtype=np.float64),
        schemes=Ragged.of([[scheme for scheme, _ in row] for row in held], np.str_),
        expires=Ragged.of([[last for _, last in row] for row in held], np.int32),
        identifiers=Ragged.of([[f"{kind}:{number}" for kind, number in row.items()] for row in numbers], np.str_),
    )


def piece_columns(profiles: Sequence[Profile], passages: Sequence[Sequence[Passage]]) -> PieceColumns:
    """Return the columns of the pieces that the passages of each profile belong to."""
    rows = [
        (owner, profile, kind, part)
        for owner, (profile, row) in enumerate(zip(profiles, passages, strict=True))
        for kind, part in dict.fromkeys(passage.piece for passage in row)
    ]
    work = [p.track_record[part] if kind is PassageKind.TRACK_RECORD else None for _, p, kind, part in rows]
    return PieceColumns(
        owner=np.array([owner for owner, *_ in rows], dtype=np.int32),
        kind=np.array([kind for _, _, kind, _ in rows], dtype=np.int8),
        part=np.array([part for *_, part in rows], dtype=np.int32),
        family=np.array([FAMILIES.index(_FAMILY[kind]) for _, _, kind, _ in rows], dtype=np.int8),
        day=np.array([day_number(w.date) if w and w.date else UNDATED for w in work], dtype=np.int32),
        value=np.array([w.value if w and w.value is not None else np.nan for w in work], dtype=np.float64),
        regions=np.array([bits_of(regions_of_record(w)) if w else 0 for w in work], dtype=np.int32),
        cpv=Ragged.of([[int(code) for code in _codes(p, kind, part)] for _, p, kind, part in rows], np.int32),
    )


def passage_columns(passages: Sequence[Sequence[Passage]], terms: Sequence[Sequence[str]]) -> PassageColumns:
    """Return the columns of the passages of each profile; `terms` are those of each passage."""
    flat = [passage for row in passages for passage in row]
    opens = [
        i == 0 or row[i].piece != row[i - 1].piece for row in passages for i in range(len(row))
    ]  # the first passage of its piece
    return PassageColumns(
        owner=np.repeat(np.arange(len(passages), dtype=np.int32), [len(row) for row in passages]),
        piece=np.cumsum(opens, dtype=np.int32) - 1,
        title=np.array([passage.kind is PassageKind.TRACK_RECORD_TITLE for passage in flat], dtype=bool),
        length=np.array([len(row) for row in terms], dtype=np.int32),
        norm=np.array([norm_of(row) for row in terms], dtype=np.float64),
    )


_FAMILY: Final = {
    PassageKind.NAME: "name",
    PassageKind.SUMMARY: "offer",
    PassageKind.CAPABILITY: "offer",
    PassageKind.OUTCOMES: "offer",
    PassageKind.TRACK_RECORD: "work",
}


def _codes(profile: Profile, kind: PassageKind, part: int) -> tuple[str, ...]:
    if kind is PassageKind.TRACK_RECORD:
        return profile.track_record[part].cpv
    return profile.capabilities[part].cpv if kind is PassageKind.CAPABILITY else ()
