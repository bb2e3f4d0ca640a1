"""The shortlist loses no profile, however unfavourable the errors of the approximate scores are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from matcher.foundations.arrays import Rows
from matcher.index import Index
from matcher.index.shortlist import TopK
from matcher.records import Profile
from tests.support.fakes import WordEncoder

# Whole numbers, so that sums and differences are exact.
ERROR = 5
SLACK = 2.0 * ERROR


def top_k(owners: list[int], depth: int, eligible: list[bool] | None = None) -> TopK:
    profiles = max(owners) + 1
    mask = np.array(eligible if eligible is not None else [True] * profiles)
    return TopK(np.array(owners, dtype=np.int32), np.arange(profiles), mask, depth)


def best_of(top: TopK, exact: NDArray[np.float64], errors: NDArray[np.float64]) -> tuple[list[int], list[int]]:
    """Return the profiles selected by approximate scores, and the rows whose exact score was computed."""
    scored: list[int] = []

    def exactly(rows: Rows) -> NDArray[np.float64]:
        scored.extend(rows.tolist())
        return exact[rows]

    return top.best_of(exact + errors, SLACK, exactly).tolist(), scored


def exact_best(top: TopK, exact: NDArray[np.float64]) -> list[int]:
    eligible = np.flatnonzero(top.eligible[top.owners])
    profiles: list[int] = top.select(eligible, exact[eligible]).tolist()
    return profiles


def test_the_best_profile_is_found_with_the_most_unfavourable_errors() -> None:
    """The best profile loses the whole error and every other profile gains it: twice the error apart."""
    exact = np.array([10.0, *[9.0] * 20])
    errors = np.array([-ERROR, *[ERROR] * 20], dtype=np.float64)
    for depth in (1, 2, 5):
        top = top_k(list(range(21)), depth)
        selected, _ = best_of(top, exact, errors)
        assert selected == exact_best(top, exact)
        assert selected[0] == 0


def test_a_tie_at_the_edge_of_the_error_goes_to_the_first_profile() -> None:
    """An approximate score exactly at the threshold still counts, because the exact scores may be equal."""
    exact = np.full(20, 9.0)
    errors = np.array([-ERROR, *[ERROR] * 19], dtype=np.float64)
    assert best_of(top_k(list(range(20)), 1), exact, errors)[0] == [0]


def test_passages_far_below_the_best_are_not_scored_exactly() -> None:
    exact = np.array([100.0, 99.0, *[0.0] * 50])
    selected, scored = best_of(top_k(list(range(52)), 2), exact, np.zeros(52))
    assert (selected, scored) == ([0, 1], [0, 1])


def test_many_high_passages_of_one_profile_hide_no_other_profile() -> None:
    """All passages above the guess belong to one profile, so the guess is too high and every passage is scanned."""
    owners = [0] * 30 + [1, 2, 3]
    exact = np.array([50.0] * 30 + [1.0, 3.0, 2.0])
    top = top_k(owners, 2)
    assert best_of(top, exact, np.zeros(33))[0] == [0, 2]


@st.composite
def cases(draw: st.DrawFn) -> tuple[TopK, NDArray[np.float64], NDArray[np.float64]]:
    """Return a selection with more eligible profiles than its depth, exact scores, and errors up to `ERROR`."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=20))
    owners = [profile for profile, size in enumerate(sizes) for _ in range(size)]
    eligible = draw(st.lists(st.booleans(), min_size=len(sizes), max_size=len(sizes)))
    eligible[0] = eligible[1] = True
    top = top_k(owners, draw(st.integers(1, sum(eligible) - 1)), eligible)
    exact = draw(st.lists(st.integers(0, 3 * ERROR), min_size=len(owners), max_size=len(owners)))
    errors = draw(st.lists(st.sampled_from([-ERROR, ERROR]), min_size=len(owners), max_size=len(owners)))
    return top, np.array(exact, dtype=np.float64), np.array(errors, dtype=np.float64)


@given(cases())
def test_approximate_scores_select_the_same_profiles_as_exact_ones(
    case: tuple[TopK, NDArray[np.float64], NDArray[np.float64]],
) -> None:
    top, exact, errors = case
    assert best_of(top, exact, errors)[0] == exact_best(top, exact)


@pytest.mark.parametrize("seed", range(5))
def test_a_bm25_sum_in_single_precision_is_within_its_slack(seed: int) -> None:
    """Half the slack bounds the error of one sum. The slack is small enough to be useful."""
    rng = np.random.default_rng(seed)
    words = [f"word{n}" for n in range(60)]
    texts = [" ".join(rng.choice(words, rng.integers(1, 40))) for _ in range(60)]
    changes = [(n, f"p{n}", Profile(id=f"p{n}", name="N", summary=text)) for n, text in enumerate(texts, start=1)]
    lexical = Index("e").updated(changes, WordEncoder().encode, len(texts)).lexical
    for size in (1, 5, 60):
        terms = lexical.weighted(list(rng.choice(words, size)))
        exact = lexical.exact([terms], np.arange(len(lexical.passages)))[0, :, 0] * terms.total
        errors = np.abs(lexical.approximate(terms).astype(np.float64) - exact)
        assert errors.max() <= terms.slack() / 2
        assert terms.slack() < 1e-3 * terms.total
