"""BM25 and the lexical cosine by hand, and postings that are the same however they came about."""

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
    """Six passages, three of them the name "N": 1 term each. Else 1, 2 and 3 terms, so the mean is 1.5."""
    encoder = WordEncoder()
    texts = ["zebra", "lion tiger", "zebra zebra lion"]
    changes = [(n, f"p{n}", Profile(id=f"p{n}", name="N", summary=text)) for n, text in enumerate(texts, start=1)]
    return Index("e").updated(changes, encoder.encode, 3)


def test_bm25_by_hand(zoo: Index) -> None:
    """ "zebra" in two passages, once and twice; K1 1.2, B 0.75."""

    def found(*terms: str) -> list[float]:
        """Return the scores of the three summaries; the names have none of these words."""
        scores: list[list[float]] = zoo.lexical.scores(terms)[:, 0].reshape(3, 2).tolist()
        assert [name for name, _ in scores] == [0, 0, 0]
        return [summary for _, summary in scores]

    # The weight of a lone term cancels: what is left is tf / (tf + K1 (1 - B + B length / mean)).
    short = 1 / (1 + 1.2 * (0.25 + 0.75 * 1 / 1.5))
    long = 2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 1.5))
    assert found("zebra") == pytest.approx([short, 0, long])
    assert found("zebra", "zebra", "unheard") == pytest.approx([short, 0, long]), "terms count once, unheard ones not"

    rare, common = math.log(1 + 5.5 / 1.5), math.log(1 + 4.5 / 2.5)  # in one and in two of six passages
    tiger = 1 / (1 + 1.2 * (0.25 + 0.75 * 2 / 1.5))
    expected = [common * short, rare * tiger, common * long]
    assert found("tiger", "zebra") == pytest.approx([score / (rare + common) for score in expected])
    assert found("unheard") == found() == [0, 0, 0]


def test_the_lexical_cosine_by_hand(zoo: Index) -> None:
    """lnc.ltc: 1 + ln tf of the passage over its length; idf of the need's terms over theirs."""

    def found(*terms: str) -> list[float]:
        return [float(cosine) for cosine in zoo.lexical.scores(terms)[1::2, 1]]

    twice = 1 + math.log(2)
    length = math.sqrt(twice**2 + 1)  # of "zebra zebra lion"; that of "lion tiger" is √2
    assert found("zebra") == pytest.approx([1, 0, twice / length])
    rare, common = math.log(1 + 5.5 / 1.5), math.log(1 + 4.5 / 2.5)
    asked = math.hypot(rare, common)
    expected = [common / asked, rare / (math.sqrt(2) * asked), common * twice / (length * asked)]
    assert found("zebra", "tiger") == pytest.approx(expected)
    assert found("zebra", "tiger", "tiger", "unheard") == pytest.approx(expected)
    both = math.sqrt(2)  # two terms of one weight
    assert found("zebra", "lion") == pytest.approx([1 / both, 1 / 2, (twice + 1) / (length * both)])
    assert found("unheard") == found() == [0, 0, 0]


@given(passages, st.lists(st.sampled_from("abcdexyz"), max_size=6))
def test_lexical_scores_are_shares(texts: list[list[str]], asked: list[str]) -> None:
    profiles = [Profile(id=f"p{n}", name="N", summary=" ".join(text)) for n, text in enumerate(texts)]
    changes = [(n, profile.id, profile) for n, profile in enumerate(profiles, start=1)]
    scores = Index("e").updated(changes, WordEncoder().encode, len(texts)).lexical.scores(asked)
    assert ((scores >= 0) & (scores <= 1 + 1e-12)).all()
    assert ((scores[:, 0] > 0) == (scores[:, 1] > 0)).all(), "a shared term tells in both"


def test_norm_by_hand() -> None:
    assert norm_of(["a", "b", "a"]) == pytest.approx(math.sqrt((1 + math.log(2)) ** 2 + 1))
    assert norm_of([]) == 1


@given(st.lists(passages, min_size=1, max_size=3))
def test_joining_is_building_at_once(parts: list[list[list[str]]]) -> None:
    keeps = [np.array([hash((i, j)) % 3 > 0 for j in range(len(part))], dtype=bool) for i, part in enumerate(parts)]
    joined = Postings.join([(Postings.of(part), keep) for part, keep in zip(parts, keeps, strict=True)])
    kept = [
        terms for part, keep in zip(parts, keeps, strict=True) for terms, stays in zip(part, keep, strict=True) if stays
    ]
    built = Postings.of(kept)
    assert (list(joined.terms), joined.terms) == (list(built.terms), built.terms)
    for name in ("starts", "passages", "counts"):
        assert getattr(joined, name).tolist() == getattr(built, name).tolist()
        assert getattr(joined, name).dtype == getattr(built, name).dtype
