"""BM25 by hand, and postings that are the same however they came about."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.index import Index, terms_of
from matcher.index.columns import Ragged
from matcher.index.postings import Postings, idf
from matcher.records import Profile
from tests.fakes import WordEncoder

passages = st.lists(st.lists(st.sampled_from("abcde"), max_size=5), max_size=6)


def test_terms() -> None:
    assert terms_of("The CAFÉS, and 7,500 older people's falls") == terms_of("cafe 7 500 older people s fall")
    assert terms_of("the of and … !") == []


def test_idf_by_hand() -> None:
    assert idf(10, 1) == pytest.approx(math.log(1 + 9.5 / 1.5))
    assert idf(10, 10) == pytest.approx(math.log(1 + 0.5 / 10.5))
    assert idf(1, 1) > 0


def test_bm25_by_hand() -> None:
    """Three passages of 1, 2 and 3 terms, mean 2; "zebra" in two of them, once and twice; K1 1.5, B 0.75."""
    encoder = WordEncoder()
    texts = ["zebra", "lion tiger", "zebra zebra lion"]
    changes = [(n, f"p{n}", Profile(id=f"p{n}", name="N", summary=text)) for n, text in enumerate(texts, start=1)]
    index = Index("e").updated(changes, encoder.encode, 3)
    # The weight of the term cancels: what is left is tf / (tf + K1 (1 - B + B length / mean)).
    short = 1 / (1 + 1.5 * (0.25 + 0.75 * 1 / 2))
    long = 2 / (2 + 1.5 * (0.25 + 0.75 * 3 / 2))
    assert index.term_scores(["zebra"]) == pytest.approx([short / 2.5 * 2.5, 0, long])
    both = math.log(1 + 1.5 / 2.5)  # idf of each: in 2 of 3 passages
    lion = [0, 1 / (1 + 1.5), 1 / (1 + 1.5 * (0.25 + 0.75 * 3 / 2))]
    expected = [both * (zebra + own) / (2 * both) for zebra, own in zip([short, 0, long], lion, strict=True)]
    assert index.term_scores(["zebra", "lion", "unheard"]) == pytest.approx(expected)
    assert index.term_scores(["unheard"]).tolist() == [0, 0, 0]


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


@given(st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=6), st.lists(st.booleans(), min_size=6, max_size=6))
def test_lists_of_different_length(rows: list[list[int]], flags: list[bool]) -> None:
    ragged = Ragged.of(rows, np.int64)
    assert [ragged.row(i).tolist() for i in range(len(ragged))] == rows
    keep = np.array(flags[: len(rows)], dtype=bool)
    taken = ragged.take(keep)
    assert [taken.row(i).tolist() for i in range(len(taken))] == [
        row for row, stays in zip(rows, keep, strict=True) if stays
    ]
    joined = Ragged.join([ragged, taken, ragged])
    assert [joined.row(i).tolist() for i in range(len(joined))] == [
        *rows, *(taken.row(i).tolist() for i in range(len(taken))), *rows
    ]  # fmt: skip
    assert ragged.rows().tolist() == [i for i, row in enumerate(rows) for _ in row]
