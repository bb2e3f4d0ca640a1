"""The shortlist loses no profile, even if every approximate score has the largest error in the worst direction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.embedding import CachedEncoder
from matcher.foundations.arrays import Floats, Rows
from matcher.index import Index, query_for, retrieve
from matcher.index.lexical import WeightedTerms
from matcher.index.shortlist import PASSAGES_PER_PROFILE, TopK
from matcher.records import Need, Profile
from tests.support.adversaries import WorstLexicalIndex
from tests.support.fakes import MemoryVectors, WordEncoder
from tests.support.registers import made_register
from tests.support.strategies import TODAY, WORDS

# A power of two, so that scores plus and minus the error are exact.
ERROR = 2.0**-6


@dataclass(frozen=True)
class Case:
    """Profiles with the exact scores of their passages, and how many to select."""

    scores: list[list[float]]
    eligible: list[bool]
    depth: int

    def top(self) -> TopK:
        owners = np.repeat(np.arange(len(self.scores), dtype=np.int32), [len(own) for own in self.scores])
        ties = np.arange(len(self.scores))[::-1].copy()
        return TopK(owners, ties, np.array(self.eligible), self.depth)

    def exact(self) -> Floats:
        return np.array([score for own in self.scores for score in own])

    def expected(self) -> list[int]:
        """Return the profiles to select, by sorting all of them: the last profile wins a tie."""
        eligible = [n for n, chosen in enumerate(self.eligible) if chosen]
        return sorted(eligible, key=lambda n: (-max(self.scores[n]), -n))[: self.depth]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a case whose scores lie close together and are often equal, with more eligible profiles than `depth`."""
    # Scores differ by steps of half an error, because only profiles within two errors of the cut could be lost.
    score = st.integers(0, 8).map(lambda n: 0.5 + n * ERROR / 2)
    scores = draw(st.lists(st.lists(score, min_size=1, max_size=6), min_size=3, max_size=25))
    eligible = draw(st.lists(st.booleans(), min_size=len(scores), max_size=len(scores)))
    eligible[:2] = True, True
    return Case(scores, eligible, draw(st.integers(1, sum(eligible) - 1)))


def select(case: Case, approximate: Floats, slack: float) -> list[int]:
    exact = case.exact()

    def exactly(rows: Rows) -> Floats:
        return exact[rows]

    selected: list[int] = case.top().best_of(approximate, slack, exactly).tolist()
    return selected


def worst(case: Case) -> Floats:
    """Return approximate scores: `ERROR` too low for the profiles to select, and `ERROR` too high for the others."""
    expected = np.isin(case.top().owners, case.expected())
    return case.exact() + np.where(expected, -ERROR, ERROR)


@given(cases())
def test_no_profile_is_lost_to_the_worst_errors(case: Case) -> None:
    assert select(case, worst(case), 2 * ERROR) == case.expected()


@given(cases(), st.data())
def test_no_profile_is_lost_to_any_errors(case: Case, data: st.DataObject) -> None:
    errors = [data.draw(st.sampled_from([-ERROR, 0.0, ERROR])) for _ in case.exact()]
    assert select(case, case.exact() + np.array(errors), 2 * ERROR) == case.expected()


def test_a_tie_at_the_cut_needs_all_of_the_slack() -> None:
    """All exact scores are equal, so the profiles to select may score two errors lower than the others."""
    case = Case([[0.5]] * 6, [True] * 6, 3)
    assert case.expected() == [5, 4, 3]
    assert select(case, worst(case), 2 * ERROR) == [5, 4, 3]
    assert select(case, worst(case), 2 * ERROR * 0.99) == [2, 1, 0], "with any less, the test would notice"


def test_a_guess_that_is_too_high_triggers_another_scan() -> None:
    """One profile has more high-scoring passages than the guess expects from several profiles."""
    many = [0.9] * (2 * PASSAGES_PER_PROFILE * 3)
    case = Case([many, [0.2], [0.3], [0.1]], [True] * 4, 3)
    assert case.top().guess(case.exact()) > 0.3
    assert select(case, case.exact(), 0.0) == case.expected() == [0, 2, 1]


def test_a_guess_within_the_slack_of_the_threshold_triggers_another_scan() -> None:
    """The guess leaves out a passage that the threshold minus the slack includes."""
    high = [[0.5 + ERROR] * (2 * PASSAGES_PER_PROFILE)]
    case = Case([*high, [0.5], [0.5]], [True] * 3, 2)
    assert select(case, worst(case), 2 * ERROR) == case.expected() == [0, 2]


def indexed(profiles: int, parts: int) -> Index:
    register, index = made_register(profiles, seed=8), Index("words")
    changes = [(n, profile.id, profile) for n, profile in enumerate(register, 1)]
    for part in range(parts):
        index = index.updated(changes[part::parts], WordEncoder().encode, profiles)
    return index


@pytest.mark.parametrize("depth", [1, 5, 40])
@pytest.mark.parametrize("parts", [1, 4])
def test_the_search_by_words_loses_no_profile_to_the_worst_errors(parts: int, depth: int) -> None:
    index, adverse = indexed(300, parts), indexed(300, parts)
    vars(adverse)["lexical"] = WorstLexicalIndex.of(adverse, depth)
    encoder = CachedEncoder(WordEncoder(), MemoryVectors())
    for n in range(0, len(WORDS) - 3, 3):
        query = query_for(Need(id="n", title=" ".join(WORDS[n : n + 3])), encoder, TODAY)
        expected = retrieve(index, index.live, query, depth=depth)
        assert retrieve(adverse, adverse.live, query, depth=depth).profiles.tolist() == expected.profiles.tolist()


@pytest.mark.parametrize("terms", [1, 2, 10, 200])
def test_the_slack_covers_the_rounding_of_two_sums(terms: int) -> None:
    """Two factors, their product and each sum so far are rounded. Each rounding is at most 2⁻²⁴ of the sum."""
    query = WeightedTerms(tuple(map(str, range(terms))), np.full(terms, 0.7))
    assert query.slack() >= 2 * (terms + 3) * 2.0**-24 * query.total
    assert query.slack() <= 1e-6 * (terms + 8) * query.total, "and is small"


def test_a_query_without_known_terms_has_no_slack() -> None:
    assert WeightedTerms((), np.empty(0)).slack() == 0


def test_passages_far_below_the_best_are_not_scored_exactly() -> None:
    case = Case([[1.0], [0.99], *[[0.0]] * 50], [True] * 52, 2)
    exact, scored = case.exact(), []

    def exactly(rows: Rows) -> Floats:
        scored.extend(rows.tolist())
        return exact[rows]

    assert case.top().best_of(exact, 2 * ERROR, exactly).tolist() == [0, 1]
    assert scored == [0, 1]


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
