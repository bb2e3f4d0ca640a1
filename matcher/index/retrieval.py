"""Retrieval: from everyone eligible to the candidates worth scoring in full, with all that signals need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.foundations.arrays import Floats, Mask, Rows
from matcher.foundations.row_groups import best, rows_of, starts_of
from matcher.index.index import Index
from matcher.index.prefilter import Bound, Coarse
from matcher.index.query import Query
from matcher.index.shortlist import TopK
from matcher.scoring.signals import Candidates, agreement, overlap

# Needs multiplied at once: more do not make the product faster, and what it finds is kept until all is multiplied.
TOGETHER: Final = 128
# Where fewer are eligible than this share of the register, a scan of theirs alone costs less than their part of
# a product.
SCANNED_SHARE: Final = 0.02


def retrieve(index: Index, eligible: Mask, query: Query, *, depth: int, on: date) -> Candidates:
    """Return the union of the `depth` eligible profiles closest in meaning and in words to the whole need.

    Both searches are exact over all passages of all eligible profiles. Profiles level at the cut are taken
    in alphabetical order of their ids.

    Args:
        eligible: mask over the profiles of the index.
        depth: how many profiles each search puts forward.
        on: the day on which accreditations must be held.

    """
    field = TopK(index.passages.owner, index.by_id, eligible, depth)
    closest = None if field.all_wanted else _closest(index, field, query)
    return _candidates(index, field, query, closest, on)


def retrieve_together(
    index: Index, coarse: Coarse, asked: Sequence[tuple[Mask, Query]], *, depth: int, on: date
) -> Iterator[Candidates]:
    """Yield for each of `asked`, mask over profiles and query, what `retrieve` returns, bit for bit.

    `coarse` is made of `index`; one product with its vectors serves them all.
    """
    masks = {id(eligible): eligible for eligible, _ in asked}
    field_of = {name: TopK(index.passages.owner, index.by_id, mask, depth) for name, mask in masks.items()}
    fields = [field_of[id(eligible)] for eligible, _ in asked]
    queries = [query for _, query in asked]
    closest = _closest_together(index, coarse, fields, queries)
    for n, (field, query) in enumerate(zip(fields, queries, strict=True)):
        yield _candidates(index, field, query, closest.get(n), on)


def _closest(index: Index, field: TopK, query: Query) -> Rows:
    """Return the profiles closest in meaning, by the exact cosine of every eligible passage."""
    rows = index.passages_of(field.eligible)
    return field.chosen(rows, index.similarities(query.vectors[0], rows))


def _closest_together(
    index: Index, coarse: Coarse, fields: Sequence[TopK], queries: Sequence[Query]
) -> dict[int, Rows]:
    """Return what `_closest` does for each query by its number; none for those of whom all eligible are wanted."""
    found: dict[int, Rows] = {}
    sought = []
    for n, field in enumerate(fields):
        if field.all_wanted:
            continue
        if field.eligible.sum() < SCANNED_SHARE * len(field.eligible):
            found[n] = _closest(index, field, queries[n])
        else:
            sought.append(n)
    for start in range(0, len(sought), TOGETHER):
        part = sought[start : start + TOGETHER]
        chosen = _of_product(index, coarse, [fields[n] for n in part], [queries[n] for n in part])
        found.update(zip(part, chosen, strict=True))
    return found


def _of_product(index: Index, coarse: Coarse, fields: Sequence[TopK], queries: Sequence[Query]) -> list[Rows]:
    vectors = np.stack([query.vectors[0] for query in queries])
    bound = coarse.bound(vectors)
    sampled = coarse.of_rows(vectors, np.arange(0, len(fields[0].owners), fields[0].step))
    lines = [bound.reach(field.guess(column)) for field, column in zip(fields, sampled.T, strict=True)]
    found = []
    reached = coarse.above(vectors, np.array(lines, dtype=np.float32))
    for field, query, line, hits in zip(fields, queries, lines, reached, strict=True):
        chosen = _cut(index, field, query, line, hits, bound)
        # The guess was too high: every passage is looked at.
        found.append(_closest(index, field, query) if chosen is None else chosen)
    return found


def _cut(
    index: Index, field: TopK, query: Query, guess: float, hits: tuple[Rows, NDArray[np.float32]], bound: Bound
) -> Rows | None:
    """Return the closest profiles, given the passages above a guessed line and their coarse cosines; None where it
    was too high.
    """
    rows, rough = hits
    inside = field.eligible[field.owners[rows]]
    rows, rough = rows[inside], rough[inside]
    line = bound.reach(field.line(rows, rough))
    if line < guess:
        return None
    near = rows[rough >= line]
    return field.chosen(near, index.similarities(query.vectors[0], near))


def _likest(index: Index, field: TopK, query: Query) -> Rows:
    """Return the profiles closest in words, by BM25 over the eligible."""
    weighed = index.words.weighed(query.terms[0])
    rough = index.words.rough(weighed)

    def exactly(rows: Rows) -> Floats:
        scores = np.zeros(len(rows))
        used = rough[rows] > 0
        scores[used] = index.words.exact([weighed], rows[used])[0, :, 0]
        return scores

    return field.best_of(rough, weighed.slack(), exactly)


def _wanted(index: Index, field: TopK, query: Query, closest: Rows | None) -> Rows:
    """Return all eligible where `closest` is None, else those and the closest in words, ascending."""
    if closest is None:
        return np.flatnonzero(field.eligible)
    wanted = np.zeros(len(field.eligible), dtype=bool)
    wanted[closest] = wanted[_likest(index, field, query)] = True
    return np.flatnonzero(wanted)


def _candidates(index: Index, field: TopK, query: Query, closest: Rows | None, on: date) -> Candidates:
    """Return the profiles `closest` in meaning and those closest in words, or all eligible, with their numbers."""
    profiles = _wanted(index, field, query, closest)
    passages = index.passages_in(profiles)
    cosines = index.similarities(query.vectors, passages)
    words = index.words.exact([index.words.weighed(terms) for terms in query.terms], passages)
    return _described(index, profiles, passages, cosines, words.transpose(1, 2, 0), query, on)


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
    passage_starts = starts_of(of_passages)
    rows = of_passages[passage_starts].astype(np.int64)
    pieces = index.pieces
    return Candidates(
        profiles=profiles,
        piece_starts=starts_of(pieces.owner[rows]),
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


def _category(index: Index, rows: Rows, wanted: tuple[int, ...]) -> Floats:
    found = np.zeros(len(rows))
    codes = index.pieces.cpv
    counts = codes.starts[rows + 1] - codes.starts[rows]
    coded = np.flatnonzero(counts)
    if wanted and len(coded):
        sizes = counts[coded]
        agreeing = agreement(codes.values[rows_of(codes.starts[rows[coded]], sizes)], wanted)
        found[coded] = best(agreeing, np.cumsum(sizes) - sizes)
    return found


def _coverage(index: Index, profiles: Rows, wanted: int) -> Floats:
    return overlap(index.profiles.home[profiles], wanted)


def _accreditations(index: Index, profiles: Rows, required: tuple[str, ...], on: date) -> Floats:
    if not required or not len(profiles):
        return np.ones(len(profiles))
    share: Floats = np.mean([index.holding(scheme, on)[profiles] for scheme in required], axis=0, dtype=np.float64)
    return share
