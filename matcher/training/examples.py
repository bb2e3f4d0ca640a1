"""Training examples: the signals and the grades of all profiles judged for a need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from matcher.embedding import CachedEncoder
from matcher.foundations.arrays import Floats, Ints, Rows, Vectors
from matcher.foundations.errors import InvalidInput
from matcher.foundations.row_groups import group_sizes
from matcher.index import Index, query_for, retrieve
from matcher.records import Profile
from matcher.scoring import PIECE_SIGNALS, measure_pieces, measure_profiles
from matcher.training.judged_needs import JudgedNeed


@dataclass(frozen=True)
class Examples:
    """Needs with the profiles judged for them, as flat arrays.

    Candidate c belongs to need `need[c]` and its pieces start at `piece_starts[c]`. The candidates of need n start
    at `starts[n]`.
    """

    pieces: Vectors  # (pieces, PIECE_SIGNALS)
    family: NDArray[np.int8]  # (pieces,)
    candidate: Rows  # (pieces,)
    piece_starts: Rows  # (candidates,)
    profiles: Floats  # (candidates, PROFILE_SIGNALS)
    grades: Ints  # (candidates,)
    need: Rows  # (candidates,)
    starts: Rows  # (needs,)

    def __len__(self) -> int:
        return len(self.starts)

    def by_need(self, values: Floats) -> list[tuple[Floats, Ints]]:
        """Return the part of `values`, shape (candidates,), that belongs to each need, with the grades."""
        ends = self.starts[1:]
        return list(zip(np.split(values, ends), np.split(self.grades, ends), strict=True))


@dataclass(frozen=True)
class _NeedExamples:
    """The candidates for one need. `counts` holds the number of pieces that each candidate has."""

    pieces: Vectors
    family: NDArray[np.int8]
    counts: Rows
    profiles: Floats
    grades: Ints


def index_of(profiles: Sequence[Profile], encoder: CachedEncoder, progress: Callable[[int], None]) -> Index:
    """Return an index of `profiles`. `progress` is called with the number of texts encoded since the last call."""
    changes = [(n, profile.id, profile) for n, profile in enumerate(profiles, start=1)]
    return Index(encoder.fingerprint).updated(changes, lambda texts: encoder.encode(texts, progress), len(changes))


def day_of(profiles: Sequence[Profile]) -> date:
    """Return the day of the latest dated work in `profiles`, on which undated needs are taken to be published."""
    return max((work.date for profile in profiles for work in profile.track_record if work.date), default=date.min)


def examples_of(
    index: Index,
    judged: Sequence[JudgedNeed],
    encoder: CachedEncoder,
    on: date,
    progress: Callable[[int], None] | None = None,
) -> Examples:
    """Return the examples for `judged`, whose candidates are the judged profiles that are in `index`.

    `on` stands in for the publication date of undated needs. `progress` is called with 1 after each need.

    Raises:
        InvalidInput: no judged profile is in the index.

    """
    rows = {id: row for row, id in enumerate(index.profiles.id.tolist())}
    examples = []
    for each in judged:
        known = {rows[id]: grade for id, grade in each.grades.items() if id in rows}
        if known:
            examples.append(_candidates(index, each, known, encoder, on))
        if progress is not None:
            progress(1)
    if not examples:
        raise InvalidInput(
            "no judged profile is in the register", remedy="Give the profiles that were judged with --register"
        )
    return _flattened(examples)


def _candidates(
    index: Index, judged: JudgedNeed, grades: dict[int, int], encoder: CachedEncoder, on: date
) -> _NeedExamples:
    mask = np.zeros(len(index.profiles), dtype=bool)
    mask[list(grades)] = True
    query = query_for(judged.need, encoder, judged.need.published or on)
    candidates = retrieve(index, mask, query, depth=len(index.passages))
    return _NeedExamples(
        pieces=measure_pieces(candidates, query.facts).astype(np.float32),
        family=candidates.family,
        counts=group_sizes(candidates.piece_starts, len(candidates.family)),
        profiles=measure_profiles(candidates, query.facts),
        grades=np.array([grades[row] for row in candidates.profiles.tolist()], dtype=np.int64),
    )


def _flattened(examples: Sequence[_NeedExamples]) -> Examples:
    counts = np.concatenate([example.counts for example in examples])
    sizes = np.array([len(example.grades) for example in examples], dtype=np.int64)
    return Examples(
        pieces=np.concatenate([example.pieces for example in examples]).reshape(-1, len(PIECE_SIGNALS)),
        family=np.concatenate([example.family for example in examples]),
        candidate=np.repeat(np.arange(len(counts)), counts),
        piece_starts=np.cumsum(counts) - counts,
        profiles=np.concatenate([example.profiles for example in examples]),
        grades=np.concatenate([example.grades for example in examples]),
        need=np.repeat(np.arange(len(examples)), sizes),
        starts=np.cumsum(sizes) - sizes,
    )
