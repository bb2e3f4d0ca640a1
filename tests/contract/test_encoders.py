"""The contract of every encoder: the packaged one, the tests' fake encoder, and both with a cache."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matcher.embedding import CachedEncoder, Encoder
from tests.support.fakes import MemoryVectors, WordEncoder

TEXTS = [
    "falls prevention",
    "meals",
    "",
    "… !",
    "日本 café",
    "word " * 2_000,
    "meals",
    "a much longer text of dementia care",
]


@pytest.fixture(params=["real", "words", "real, cached", "words, cached"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    """An encoder of each kind."""
    kind, _, cached = str(request.param).partition(", ")
    own: Encoder = request.getfixturevalue("real_encoder") if kind == "real" else WordEncoder()
    return CachedEncoder(own, MemoryVectors()) if cached else own


def test_one_unit_vector_per_text(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dimensions)
    assert vectors.dtype == np.dtype(np.float32)
    assert np.linalg.norm(vectors.astype(np.float64), axis=1) == pytest.approx(1.0, abs=1e-5)


def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    vectors = encoder.encode([])
    assert vectors.shape == (0, encoder.dimensions)
    assert vectors.dtype == np.dtype(np.float32)


def test_rows_are_in_the_order_of_the_texts(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS)
    separate = np.vstack([encoder.encode([text]) for text in TEXTS])
    assert vectors == pytest.approx(separate, abs=1e-5)
    assert encoder.encode(TEXTS[::-1]) == pytest.approx(vectors[::-1], abs=1e-5)


def test_the_same_texts_give_the_same_vectors(encoder: Encoder) -> None:
    first = encoder.encode(TEXTS)
    assert np.array_equal(first, encoder.encode(TEXTS))
    assert np.array_equal(first[1], first[6]), "a repeated text"


@given(texts=st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_texts_of_a_query_are_encoded_as_if_separate(encoder: Encoder, texts: list[str]) -> None:
    together = encoder.encode_query(texts)
    assert together.shape == (len(texts), encoder.dimensions)
    assert together.dtype == np.dtype(np.float32)
    assert together == pytest.approx(encoder.encode(texts), abs=1e-5)
    assert np.array_equal(together, encoder.encode_query(texts))


def test_texts_with_shared_words_are_close(encoder: Encoder) -> None:
    near, query, far = encoder.encode(["prevention of falls", "falls prevention", "diabetes screening"])
    assert near @ query > far @ query + 0.2


def test_an_encoder_has_a_fingerprint_and_dimensions(encoder: Encoder) -> None:
    assert encoder.fingerprint == encoder.fingerprint != ""
    assert encoder.dimensions > 0


def test_progress_counts_every_text_once(encoder: Encoder) -> None:
    reported: list[int] = []
    encoder.encode(TEXTS, reported.append)
    assert sum(reported) == len(TEXTS)
