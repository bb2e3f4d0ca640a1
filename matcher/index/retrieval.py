"""Retrieval: from everyone eligible to the candidates worth scoring in full, with all that signals need."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcher.index.columns import Mask
from matcher.index.eligibility import passing
from matcher.index.index import Index
from matcher.index.query import Query
from matcher.records import Filters
from matcher.signals import Candidates, Floats, Rows, agreement, best, overlap


def retrieve(index: Index, eligible: Mask, query: Query, *, depth: int, on: date) -> Candidates:
    """Return the union of the `depth` eligible profiles closest in meaning and in words to the whole need.

    Both searches are exact over all passages of all eligible profiles. Profiles level at the cut are taken
    in alphabetical order of their ids.

    Args:
        eligible: mask over the profiles of the index.
        depth: how many profiles each search puts forward.
        on: the day on which accreditations must be held.

    """
    passages = index.passages_of(eligible)
    cosines = index.similarities(query.vectors[0], passages)
    words = index.term_scores(query.terms[0])
    owners = index.passages.owner[passages]
    starts = _starts(owners)
    profiles = owners[starts].astype(np.int64)
    if len(profiles) > depth:
        ties = index.by_id[profiles]
        chosen = np.zeros(len(index.live), dtype=bool)
        for scores in (best(cosines, starts), best(words[passages, 0], starts)):
            chosen[profiles[highest(scores, ties, depth)]] = True
        keep = chosen[owners]
        passages, cosines = passages[keep], cosines[keep]
        profiles = profiles[chosen[profiles]]
    title_cosines = index.similarities(query.vectors[1], passages)
    title_words = index.term_scores(query.terms[1])[passages]
    return _described(
        index,
        profiles,
        passages,
        np.column_stack([cosines, title_cosines]),
        np.stack([words[passages], title_words], axis=2),
        query,
        on,
    )


def highest(scores: Floats, ties: Rows, count: int) -> Rows:
    """Return the positions of the `count` highest scores; among equal ones the lowest `ties` come first."""
    if count < len(scores):
        cut = np.partition(scores, len(scores) - count)[len(scores) - count]
        positions = np.flatnonzero(scores >= cut)
    else:
        positions = np.arange(len(scores))
    order: Rows = positions[np.lexsort((ties[positions], -scores[positions]))][:count]
    return order


def _described(
    index: Index,
    profiles: Rows,
    passages: Rows,
    cosines: NDArray[np.float32],
    words: Floats,
    query: Query,
    on: date,
) -> Candidates:
    of_passages = index.passages.piece[passages]
    passage_starts = _starts(of_passages)
    rows = of_passages[passage_starts].astype(np.int64)
    pieces = index.pieces
    return Candidates(
        profiles=profiles,
        piece_starts=_starts(pieces.owner[rows]),
        family=pieces.family[rows],
        day=pieces.day[rows],
        value=pieces.value[rows],
        regions=pieces.regions[rows],
        category=_category(index, rows, query.facts.cpv),
        passages=passages,
        passage_starts=passage_starts,
        title=index.passages.title[passages],
        cosines=cosines,
        words=words[:, 0],
        wording=words[:, 1],
        capacity=np.log10(np.maximum(index.profiles.turnover[profiles], 1.0)) - np.log10(query.facts.value),
        coverage=_coverage(index, profiles, query.facts.regions),
        accreditations=_accreditations(index, profiles, query.accreditations, on),
    )


def _starts(groups: NDArray[Any]) -> Rows:
    """Return where each run of equal values begins."""
    if not len(groups):
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.concatenate([[True], groups[1:] != groups[:-1]]))


def _category(index: Index, rows: Rows, wanted: tuple[int, ...]) -> Floats:
    found = np.zeros(len(rows))
    codes = index.pieces.cpv
    counts = codes.starts[rows + 1] - codes.starts[rows]
    coded = np.flatnonzero(counts)
    if wanted and len(coded):
        sizes = counts[coded]
        firsts = np.cumsum(sizes) - sizes
        flat = np.repeat(codes.starts[rows[coded]] - firsts, sizes) + np.arange(sizes.sum())
        found[coded] = best(agreement(codes.values[flat], wanted), firsts)
    return found


def _coverage(index: Index, profiles: Rows, wanted: int) -> Floats:
    return overlap(index.profiles.home[profiles], wanted)


def _accreditations(index: Index, profiles: Rows, required: tuple[str, ...], on: date) -> Floats:
    if not required or not len(profiles):
        return np.ones(len(profiles))
    held = [passing(index.profiles, Filters(accreditations=(scheme,)), on)["accreditations"] for scheme in required]
    share: Floats = np.mean([mask[profiles] for mask in held], axis=0, dtype=np.float64)
    return share
