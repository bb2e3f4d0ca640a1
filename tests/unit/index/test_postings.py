"""BM25 and the lexical cosine worked out by hand, and postings that are the same whether built in one go or joined."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.index import Index, terms_of
from matcher.index.postings import Postings, idf, norm_of
from matcher.records import Profile
from tests.support.fakes import WordEncoder

passages = st.lists(st.lists(st.sampled_from("abcde"), max_size=5), max_size=6)


def test_terms() -> None:
    assert terms_of("The CAFÉS, and 7,500 older people's falls") == terms_of("cafe 7 500 older people s fall")
    assert terms_of("the of and … !") == []


def test_idf_by_hand() -> None:
    assert idf(10, np.array([1, 10])).tolist() == pytest.approx([math.log(1 + 9.5 / 1.5), math.log(1 + 0.5 / 10.5)])
    assert idf(1, np.array([1])) > 0


@pytest.fixture(scope="module")
def zoo() -> Index:
    """Six passages: three names of 1 term each, and three summaries of 1, 2 and 3 terms. The mean length is 1.5."""
    encoder = WordEncoder()
    texts = ["zebra", "lion tiger", "zebra zebra lion"]
    changes = [(n, f"p{n}", Profile(id=f"p{n}", name="N", summary=text)) for n, text in enumerate(texts, start=1)]
    return Index("e").updated(changes, encoder.encode, 3)


def test_bm25_by_hand(zoo: Index) -> None:
    """ "zebra" is in two passages, once in the first and twice in the second. K1 is 1.2 and B is 0.75."""

    def bm25(*terms: str) -> list[float]:
        """Return the scores of the three summaries. The names have none of these words."""
        scores: list[list[float]] = zoo.lexical.scores(terms)[:, 0].reshape(3, 2).tolist()
        assert [name for name, _ in scores] == [0, 0, 0]
        return [summary for _, summary in scores]

    # The weight of a single term cancels out, which leaves tf / (tf + K1 (1 - B + B length / mean)).
    short = 1 / (1 + 1.2 * (0.25 + 0.75 * 1 / 1.5))
    long = 2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 1.5))
    assert bm25("zebra") == pytest.approx([short, 0, long])
    assert bm25("zebra", "zebra", "unused") == pytest.approx([short, 0, long]), (
        "terms count once, and unused terms do not count"
    )

    rare, common = math.log(1 + 5.5 / 1.5), math.log(1 + 4.5 / 2.5)  # in one and in two of the six passages
    tiger = 1 / (1 + 1.2 * (0.25 + 0.75 * 2 / 1.5))
    expected = [common * short, rare * tiger, common * long]
    assert bm25("tiger", "zebra") == pytest.approx([score / (rare + common) for score in expected])
    assert bm25("unused") == bm25() == [0, 0, 0]


def test_the_lexical_cosine_by_hand(zoo: Index) -> None:
    """lnc.ltc divides 1 + ln tf by the length of the passage vector, and idf by the length of the query vector."""

    def cosines(*terms: str) -> list[float]:
        return [float(cosine) for cosine in zoo.lexical.scores(terms)[1::2, 1]]

    twice = 1 + math.log(2)
    length = math.sqrt(twice**2 + 1)  # the length of "zebra zebra lion"; for "lion tiger" it is √2
    assert cosines("zebra") == pytest.approx([1, 0, twice / length])
    rare, common = math.log(1 + 5.5 / 1.5), math.log(1 + 4.5 / 2.5)
    query = math.hypot(rare, common)
    expected = [common / query, rare / (math.sqrt(2) * query), common * twice / (length * query)]
    assert cosines("zebra", "tiger") == pytest.approx(expected)
    assert cosines("zebra", "tiger", "tiger", "unused") == pytest.approx(expected)
    both = math.sqrt(2)  # the length of two terms with the same weight
    assert cosines("zebra", "lion") == pytest.approx([1 / both, 1 / 2, (twice + 1) / (length * both)])
    assert cosines("unused") == cosines() == [0, 0, 0]


@given(passages, st.lists(st.sampled_from("abcdexyz"), max_size=6))
def test_lexical_scores_are_shares(texts: list[list[str]], terms: list[str]) -> None:
    profiles = [Profile(id=f"p{n}", name="N", summary=" ".join(text)) for n, text in enumerate(texts)]
    changes = [(n, profile.id, profile) for n, profile in enumerate(profiles, start=1)]
    scores = Index("e").updated(changes, WordEncoder().encode, len(texts)).lexical.scores(terms)
    assert ((scores >= 0) & (scores <= 1 + 1e-12)).all()
    assert ((scores[:, 0] > 0) == (scores[:, 1] > 0)).all(), "a shared term counts in both"


def test_norm_by_hand() -> None:
    assert norm_of(["a", "b", "a"]) == pytest.approx(math.sqrt((1 + math.log(2)) ** 2 + 1))
    assert norm_of([]) == 1


@given(st.lists(passages, min_size=1, max_size=3))
def test_joined_postings_equal_built_ones(parts: list[list[list[str]]]) -> None:
    masks = [np.array([hash((i, j)) % 3 > 0 for j in range(len(part))], dtype=bool) for i, part in enumerate(parts)]
    joined = Postings.join([(Postings.of(part), mask) for part, mask in zip(parts, masks, strict=True)])
    built = Postings.of(
        [terms for part, mask in zip(parts, masks, strict=True) for terms, keep in zip(part, mask, strict=True) if keep]
    )
    assert (list(joined.terms), joined.terms) == (list(built.terms), built.terms)
    for name in ("starts", "passages", "counts"):
        assert getattr(joined, name).tolist() == getattr(built, name).tolist()
        assert getattr(joined, name).dtype == getattr(built, name).dtype
