"""Retrieval: from everyone eligible to the candidates worth scoring in full, with all that signals need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.index.coarse import Coarse
from matcher.index.columns import Mask
from matcher.index.cut import Field, starts_of
from matcher.index.index import Index
from matcher.index.query import Query
from matcher.signals import Candidates, Floats, Rows, agreement, best, overlap

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
    field = Field(index.passages.owner, index.by_id, eligible, depth)
    closest = None if _all_wanted(field) else _closest(index, field, query)
    return _candidates(index, field, query, closest, on)


def retrieve_together(
    index: Index, coarse: Coarse, asked: Sequence[tuple[Mask, Query]], *, depth: int, on: date
) -> Iterator[Candidates]:
    """Yield for each of `asked`, mask over profiles and query, what `retrieve` returns, bit for bit.

    `coarse` is made of `index`; one product with its vectors serves them all.
    """
    fields = [Field(index.passages.owner, index.by_id, eligible, depth) for eligible, _ in asked]
    queries = [query for _, query in asked]
    closest = _closest_together(index, coarse, fields, queries)
    for n, (field, query) in enumerate(zip(fields, queries, strict=True)):
        yield _candidates(index, field, query, closest.get(n), on)


def _all_wanted(field: Field) -> bool:
    """Whether no more are eligible than are wanted."""
    return int(field.eligible.sum()) <= field.depth


def _closest(index: Index, field: Field, query: Query) -> Rows:
    """Return the profiles closest in meaning, by the exact cosine of every eligible passage."""
    rows = index.passages_of(field.eligible)
    return field.chosen(rows, index.similarities(query.vectors[0], rows))


def _closest_together(
    index: Index, coarse: Coarse, fields: Sequence[Field], queries: Sequence[Query]
) -> dict[int, Rows]:
    """Return what `_closest` does for each query by its number; none for those of whom all eligible are wanted."""
    found: dict[int, Rows] = {}
    sought = []
    for n, field in enumerate(fields):
        if _all_wanted(field):
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


def _of_product(index: Index, coarse: Coarse, fields: Sequence[Field], queries: Sequence[Query]) -> list[Rows]:
    vectors = np.stack([query.vectors[0] for query in queries])
    slack = 2 * coarse.distance
    sampled = coarse.of_rows(vectors, fields[0].sample())
    guesses = [field.guess(column, slack) for field, column in zip(fields, sampled.T, strict=True)]
    found = []
    reached = coarse.above(vectors, np.array(guesses, dtype=np.float32))
    for field, query, guess, hits in zip(fields, queries, guesses, reached, strict=True):
        chosen = _cut(index, field, query, guess, hits, coarse.distance)
        # The guess was too high, or a vector is not of length 1: every passage is looked at.
        found.append(_closest(index, field, query) if chosen is None else chosen)
    return found


def _cut(
    index: Index, field: Field, query: Query, guess: float, hits: tuple[Rows, NDArray[np.float32]], distance: float
) -> Rows | None:
    """Return the closest profiles, given the passages above the guess and their coarse cosines; None where the guess
    was too high, or an exact cosine is further off than can be.
    """
    rows, rough = hits
    inside = field.eligible[field.owners[rows]]
    rows, rough = rows[inside], rough[inside]
    line = field.line(rows, rough, 2 * distance)
    if line < guess:
        return None
    near = rough >= line
    exact = index.similarities(query.vectors[0], rows[near])
    return field.chosen(rows[near], exact) if np.abs(exact - rough[near]).max() <= distance else None


def _likest(index: Index, field: Field, query: Query) -> Rows:
    """Return the profiles closest in words, by BM25 over the eligible."""
    weighed = index.weighed(query.terms[0])
    rough = index.rough_words(weighed)

    def exactly(rows: Rows) -> Floats:
        scores = np.zeros(len(rows))
        used = rough[rows] > 0
        scores[used] = index.word_scores([weighed], rows[used])[0, :, 0]
        return scores

    return field.best_of(rough, weighed.slack(), exactly)


def _wanted(index: Index, field: Field, query: Query, closest: Rows | None) -> Rows:
    """Return all eligible where `closest` is None, else those and the closest in words, ascending."""
    if closest is None:
        return np.flatnonzero(field.eligible)
    return np.union1d(closest, _likest(index, field, query))


def _candidates(index: Index, field: Field, query: Query, closest: Rows | None, on: date) -> Candidates:
    """Return the profiles `closest` in meaning and those closest in words, or all eligible, with their numbers."""
    profiles = _wanted(index, field, query, closest)
    passages = index.passages_in(profiles)
    cosines = index.similarities(query.vectors, passages)
    words = index.word_scores([index.weighed(terms) for terms in query.terms], passages)
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
        firsts = np.cumsum(sizes) - sizes
        flat = np.repeat(codes.starts[rows[coded]] - firsts, sizes) + np.arange(sizes.sum())
        found[coded] = best(agreement(codes.values[flat], wanted), firsts)
    return found


def _coverage(index: Index, profiles: Rows, wanted: int) -> Floats:
    return overlap(index.profiles.home[profiles], wanted)


def _accreditations(index: Index, profiles: Rows, required: tuple[str, ...], on: date) -> Floats:
    if not required or not len(profiles):
        return np.ones(len(profiles))
    share: Floats = np.mean([index.holding(scheme, on)[profiles] for scheme in required], axis=0, dtype=np.float64)
    return share
