"""Retrieval: selects, from all eligible profiles, the candidates that are worth scoring in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from matcher.foundations.arrays import Floats, Mask, Rows, Vectors
from matcher.foundations.row_groups import group_starts
from matcher.index.index import Index
from matcher.index.prefilter import ErrorBound, Prefilter
from matcher.index.query import Query
from matcher.index.shortlist import TopK
from matcher.index.tables import TableRows
from matcher.scoring import Candidates

# The number of needs in one matrix product. A larger batch would be no faster, and the hits for all its needs would
# stay in memory until it ended.
BATCH: Final = 128
# If less than this share of the register is eligible, a scan of those profiles is faster than a matrix product.
SCANNED_SHARE: Final = 0.02


def retrieve(index: Index, eligible: Mask, query: Query, *, depth: int) -> Candidates:
    """Return the union of the `depth` eligible profiles closest in meaning and the `depth` closest in wording.

    Both searches compare the whole need with all passages of all eligible profiles, and both are exact. If profiles tie
    for the last place, the profile whose id comes first alphabetically is taken.

    Args:
        index: the index to search.
        eligible: a mask over the profiles of the index.
        query: the need.
        depth: the number of profiles to take from each search.

    """
    top = TopK(index.passages.owner, index.id_ranks, eligible, depth)
    semantic = None if top.selects_all else _best_semantic(index, top, query)
    return _candidates(index, top, query, semantic)


def retrieve_batch(
    index: Index, prefilter: Prefilter, searches: Sequence[tuple[Mask, Query]], *, depth: int
) -> Iterator[Candidates]:
    """For each of `searches`, yield exactly what `retrieve` returns. A search is a profile mask and a query.

    `prefilter` must have been made from `index`. All searches share the matrix products.
    """
    masks = {id(eligible): eligible for eligible, _ in searches}
    top_of = {key: TopK(index.passages.owner, index.id_ranks, mask, depth) for key, mask in masks.items()}
    tops = [top_of[id(eligible)] for eligible, _ in searches]
    queries = [query for _, query in searches]
    semantic = _best_semantic_batch(index, prefilter, tops, queries)
    for n, (top, query) in enumerate(zip(tops, queries, strict=True)):
        yield _candidates(index, top, query, semantic.get(n))


def _best_semantic(index: Index, top: TopK, query: Query) -> Rows:
    """Return the profiles closest in meaning, judged by the exact cosine of every eligible passage."""
    rows = index.passages_where(top.eligible)
    return top.select(rows, index.similarities(query.vectors[0], rows))


def _best_semantic_batch(
    index: Index, prefilter: Prefilter, tops: Sequence[TopK], queries: Sequence[Query]
) -> dict[int, Rows]:
    """Return the results of `_best_semantic` by query number. Omit queries that select all eligible profiles."""
    best: dict[int, Rows] = {}
    multiplied = []
    for n, top in enumerate(tops):
        if top.selects_all:
            continue
        if top.eligible.sum() < SCANNED_SHARE * len(top.eligible):
            best[n] = _best_semantic(index, top, queries[n])
        else:
            multiplied.append(n)
    for start in range(0, len(multiplied), BATCH):
        batch = multiplied[start : start + BATCH]
        selected = _by_product(index, prefilter, [tops[n] for n in batch], [queries[n] for n in batch])
        best.update(zip(batch, selected, strict=True))
    return best


def _by_product(index: Index, prefilter: Prefilter, tops: Sequence[TopK], queries: Sequence[Query]) -> list[Rows]:
    """Return what `_best_semantic` returns for each query, using one pass of matrix products."""
    vectors = np.stack([query.vectors[0] for query in queries])
    bound = prefilter.bound(vectors)
    samples = prefilter.cosines(vectors, np.arange(0, len(tops[0].owners), tops[0].step))
    guesses = [bound.threshold(top.guess(sample)) for top, sample in zip(tops, samples.T, strict=True)]
    hits = prefilter.above(vectors, np.array(guesses, dtype=np.float32))
    best = []
    for top, query, guess, (rows, cosines) in zip(tops, queries, guesses, hits, strict=True):
        selected = _cut(index, top, query, guess, rows, cosines, bound)
        # If the guess was too high, `_cut` returns None and every eligible passage is scanned.
        best.append(_best_semantic(index, top, query) if selected is None else selected)
    return best


def _cut(
    index: Index, top: TopK, query: Query, guess: float, rows: Rows, cosines: Vectors, bound: ErrorBound
) -> Rows | None:
    """Return the profiles closest in meaning, or None if `guess` was so high that some may have been missed.

    `rows` are the passages whose approximate cosine reaches `guess`; `cosines` are their approximate cosines.
    """
    eligible = top.eligible[top.owners[rows]]
    rows, cosines = rows[eligible], cosines[eligible]
    threshold = bound.threshold(top.kth_best(rows, cosines))
    if threshold < guess:
        return None
    near = rows[cosines >= threshold]
    return top.select(near, index.similarities(query.vectors[0], near))


def _best_lexical(index: Index, top: TopK, query: Query) -> Rows:
    """Return the profiles closest in wording, judged by the exact BM25 of every eligible passage."""
    terms = index.lexical.weighted(query.terms[0])
    approximate = index.lexical.approximate(terms)

    def exactly(rows: Rows) -> Floats:
        scores = np.zeros(len(rows))
        positive = approximate[rows] > 0
        scores[positive] = index.lexical.exact([terms], rows[positive])[0, :, 0]
        return scores

    return top.best_of(approximate, terms.slack(), exactly)


def _candidates(index: Index, top: TopK, query: Query, semantic: Rows | None) -> Candidates:
    """Return `semantic` and the profiles closest in wording, or all eligible profiles if `semantic` is None."""
    selected = top.eligible
    if semantic is not None:
        selected = np.zeros(len(top.eligible), dtype=bool)
        selected[semantic] = selected[_best_lexical(index, top, query)] = True
    return _gather(index, np.flatnonzero(selected), query)


def _gather(index: Index, profiles: Rows, query: Query) -> Candidates:
    """Return `profiles` (ascending) as candidates, with exact similarities for all their passages."""
    passages = index.passages_of(profiles)
    lexical = index.lexical.exact([index.lexical.weighted(terms) for terms in query.terms], passages)
    piece_of = index.passages.piece[passages]
    passage_starts = group_starts(piece_of)
    pieces = piece_of[passage_starts].astype(np.int64)
    return Candidates(
        profiles=profiles,
        piece_starts=group_starts(index.pieces.owner[pieces]),
        passages=passages,
        passage_starts=passage_starts,
        title=index.passages.title[passages],
        cosines=index.similarities(query.vectors, passages),
        bm25=lexical[:, :, 0].T,
        lexical_cosines=lexical[:, :, 1].T,
        profile_columns=TableRows(index.profiles, profiles),
        piece_columns=TableRows(index.pieces, pieces),
    )
