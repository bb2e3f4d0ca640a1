"""Training examples: the signals of all candidates for a past need, as of the day the need was published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from matcher.embedding import CachedEncoder
from matcher.foundations.arrays import Floats, Mask, Rows, Vectors
from matcher.foundations.errors import InvalidInput
from matcher.index import Index, query_for, retrieve
from matcher.records import Need, Profile, TrackRecord
from matcher.scoring import FAMILIES, PIECE_SIGNALS, UNDATED, measure_pieces, measure_profiles
from matcher.sources.awards import Award, Winner

_WORK = FAMILIES.index("work")
_NO_LIMIT = 2**31 - 1

# A need, and the ids of the profiles that won it.
WonNeed = tuple[Need, frozenset[str]]


@dataclass(frozen=True)
class Examples:
    """Needs with all their candidates, as flat arrays.

    Candidate c belongs to need `need[c]` and its pieces start at `piece_starts[c]`. The candidates of need n start
    at `starts[n]`.
    """

    pieces: Vectors  # (pieces, PIECE_SIGNALS)
    family: NDArray[np.int8]  # (pieces,)
    candidate: Rows  # (pieces,)
    piece_starts: Rows  # (candidates,)
    profiles: Floats  # (candidates, PROFILE_SIGNALS)
    won: Mask  # (candidates,)
    need: Rows  # (candidates,)
    starts: Rows  # (needs,)

    def __len__(self) -> int:
        return len(self.starts)


@dataclass(frozen=True)
class _NeedExamples:
    """The candidates for one need. `counts` holds the number of pieces that each candidate has."""

    pieces: Vectors
    family: NDArray[np.int8]
    counts: Rows
    profiles: Floats
    won: Mask


def suppliers_of(awards: Iterable[Award]) -> list[Profile]:
    """Return the winners of `awards` as profiles, in id order. A profile's track record lists the awards it won."""
    winners: dict[str, Winner] = {}
    work: dict[str, list[TrackRecord]] = {}
    for award in awards:
        need = award.need
        piece = TrackRecord(
            title=need.title,
            description=need.description,
            buyer=need.buyer.name if need.buyer else None,
            cpv=need.cpv,
            region=need.region,
            date=need.published,
            value=need.value,
        )
        for winner in award.winners:
            winners.setdefault(winner.id, winner)
            work.setdefault(winner.id, []).append(piece)
    return [
        Profile(id=id, name=winner.name, sector=winner.sector, track_record=tuple(work[id]))
        for id, winner in sorted(winners.items())
    ]


def examples_of(
    profiles: Sequence[Profile],
    needs: Sequence[WonNeed],
    encoder: CachedEncoder,
    *,
    dated: bool,
    progress: Callable[[int], None] | None = None,
) -> Examples:
    """Return training examples for `needs`, with `profiles` as candidates.

    For each need, work is used only if it is undated or dates from before the need was published. If `dated` is true,
    a profile with no work that can be used is not a candidate. Needs without a winner among their candidates are
    skipped. `progress` is called with 1 after each need.

    Raises:
        InvalidInput: every need was skipped.

    """
    changes = [(n, profile.id, profile) for n, profile in enumerate(profiles, start=1)]
    index = Index(encoder.fingerprint).updated(changes, encoder.encode, len(changes))
    examples = []
    for need, winners in needs:
        candidates = _candidates(index, need, winners, encoder, dated)
        if candidates.won.any():
            examples.append(candidates)
        if progress is not None:
            progress(1)
    if not examples:
        raise InvalidInput("no award was won by a supplier already known", remedy="Use a longer history")
    return _flattened(examples)


def _candidates(
    index: Index, need: Need, winners: frozenset[str], encoder: CachedEncoder, dated: bool
) -> _NeedExamples:
    on = need.published or date.today()
    query = query_for(need, encoder, on)
    candidates = retrieve(index, index.live, query, depth=_NO_LIMIT)
    owners, day = candidates.owners(), candidates.piece_columns["day"]
    known = (candidates.family != _WORK) | (day == UNDATED) | (day < query.facts.day)
    if dated:
        worked = np.bincount(owners, known & (candidates.family == _WORK), len(candidates)) > 0
        known &= worked[owners]
    counts = np.bincount(owners[known], minlength=len(candidates))
    included = counts > 0
    ids = index.profiles.id[candidates.profiles[included]]
    return _NeedExamples(
        pieces=measure_pieces(candidates, query.facts)[known].astype(np.float32),
        family=candidates.family[known],
        counts=counts[included].astype(np.int64),
        profiles=measure_profiles(candidates, query.facts)[included],
        won=np.isin(ids, list(winners)),
    )


def _flattened(examples: Sequence[_NeedExamples]) -> Examples:
    counts = np.concatenate([example.counts for example in examples])
    sizes = np.array([len(example.won) for example in examples], dtype=np.int64)
    return Examples(
        pieces=np.concatenate([example.pieces for example in examples]).reshape(-1, len(PIECE_SIGNALS)),
        family=np.concatenate([example.family for example in examples]),
        candidate=np.repeat(np.arange(len(counts)), counts),
        piece_starts=np.cumsum(counts) - counts,
        profiles=np.concatenate([example.profiles for example in examples]),
        won=np.concatenate([example.won for example in examples]),
        need=np.repeat(np.arange(len(examples)), sizes),
        starts=np.cumsum(sizes) - sizes,
    )
