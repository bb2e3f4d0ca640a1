"""Examples: for each past need, what the signals would have been for everybody on the day it was published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from matcher.embedding import CachedEncoder
from matcher.foundations.arrays import Floats, Rows
from matcher.foundations.errors import InvalidInput
from matcher.index import Index, query_for, retrieve
from matcher.records import Need, Profile, TrackRecord
from matcher.scoring.signals import FAMILIES, PIECE_SIGNALS, UNDATED, piece_signals, profile_signals
from matcher.sources.awards import Award, Winner

_WORK = FAMILIES.index("work")
_EVERYBODY = 2**31 - 1


@dataclass(frozen=True)
class Examples:
    """Needs with all their candidates, flattened.

    Candidate c belongs to need `need[c]`, need n's candidates begin at `starts[n]`, and candidate c's pieces
    at `piece_starts[c]`.
    """

    pieces: np.ndarray[tuple[int, int], np.dtype[np.float32]]  # (pieces, PIECE_SIGNALS)
    family: np.ndarray[tuple[int], np.dtype[np.int8]]  # (pieces,)
    candidate: Rows  # (pieces,)
    piece_starts: Rows  # (candidates,)
    profiles: Floats  # (candidates, PROFILE_SIGNALS)
    won: np.ndarray[tuple[int], np.dtype[np.bool_]]  # (candidates,)
    need: Rows  # (candidates,)
    starts: Rows  # (needs,)

    def __len__(self) -> int:
        return len(self.starts)


@dataclass(frozen=True)
class _One:
    pieces: Floats
    family: np.ndarray[tuple[int], np.dtype[np.int8]]
    counts: Rows
    profiles: Floats
    won: np.ndarray[tuple[int], np.dtype[np.bool_]]


def suppliers_of(awards: Iterable[Award]) -> list[Profile]:
    """Return the winners of `awards` as profiles whose track record is what they won."""
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
    needs: Sequence[tuple[Need, frozenset[str]]],
    encoder: CachedEncoder,
    *,
    dated: bool,
    progress: Callable[[int], None] | None = None,
) -> Examples:
    """Return the examples of `needs`, each with the ids of the profiles that won it.

    A need sees only work dated before the day it was published; with `dated`, a profile is a candidate only
    once it has such work. A need of whose winners none is a candidate is left out.

    Raises:
        InvalidInput: that leaves no need.

    """
    changes = [(n, profile.id, profile) for n, profile in enumerate(profiles, start=1)]
    index = Index(encoder.fingerprint).updated(changes, encoder.encode, len(changes))
    found = []
    for need, winners in needs:
        one = _example(index, need, winners, encoder, dated)
        if one.won.any():
            found.append(one)
        if progress is not None:
            progress(1)
    if not found:
        raise InvalidInput("of no award is the winner known before", remedy="Give a longer history")
    return _flattened(found)


def _example(index: Index, need: Need, winners: frozenset[str], encoder: CachedEncoder, dated: bool) -> _One:
    on = need.published or date.today()
    query = query_for(need, encoder, on)
    candidates = retrieve(index, index.live, query, depth=_EVERYBODY, on=on)
    owners = candidates.owners()
    seen = (candidates.family != _WORK) | (candidates.day == UNDATED) | (candidates.day < query.facts.day)
    if dated:
        worked = np.bincount(owners, seen & (candidates.family == _WORK), len(candidates)) > 0
        seen &= worked[owners]
    counts = np.bincount(owners[seen], minlength=len(candidates))
    kept = counts > 0
    ids = index.profiles.id[candidates.profiles[kept]]
    return _One(
        pieces=piece_signals(candidates, query.facts)[seen].astype(np.float32),
        family=candidates.family[seen],
        counts=counts[kept].astype(np.int64),
        profiles=profile_signals(candidates)[kept],
        won=np.isin(ids, list(winners)),
    )


def _flattened(found: Sequence[_One]) -> Examples:
    counts = np.concatenate([one.counts for one in found])
    sizes = np.array([len(one.won) for one in found], dtype=np.int64)
    return Examples(
        pieces=np.concatenate([one.pieces for one in found]).reshape(-1, len(PIECE_SIGNALS)),
        family=np.concatenate([one.family for one in found]),
        candidate=np.repeat(np.arange(len(counts)), counts),
        piece_starts=np.cumsum(counts) - counts,
        profiles=np.concatenate([one.profiles for one in found]),
        won=np.concatenate([one.won for one in found]),
        need=np.repeat(np.arange(len(found)), sizes),
        starts=np.cumsum(sizes) - sizes,
    )
