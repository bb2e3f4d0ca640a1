"""The embedding cache: each text is encoded once, whatever happens in between."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from matcher.embedding import CachedEncoder, Progress, Vectors
from matcher.embedding.cache import _STEP
from tests.fakes import MemoryVectors, WordEncoder


def test_each_text_is_encoded_once() -> None:
    encoder, table = WordEncoder(), MemoryVectors()
    first = CachedEncoder(encoder, table).encode(["a", "b", "a"])
    again = CachedEncoder(encoder, table).encode(["b", "c", "a", "c"])
    assert sorted(encoder.encoded) == ["a", "b", "c"]
    assert np.array_equal(first[[1, 0]], again[[0, 2]])
    assert np.array_equal(again, WordEncoder().encode(["b", "c", "a", "c"]))


def test_vectors_of_another_encoder_are_not_taken() -> None:
    table = MemoryVectors()
    CachedEncoder(WordEncoder(), table).encode(["a"])
    other = WordEncoder(fingerprint="other")
    CachedEncoder(other, table).encode(["a"])
    assert other.encoded == ["a"]


def test_a_query_is_neither_remembered_nor_looked_up() -> None:
    encoder, table = WordEncoder(), MemoryVectors()
    cached = CachedEncoder(encoder, table)
    cached.encode(["a"])
    encoder.encoded.clear()
    found = cached.encode_query(["b", "a", "b"])
    assert np.array_equal(found, WordEncoder().encode(["b", "a", "b"]))
    assert encoder.encoded == ["b", "a"], "a text that stands twice is encoded once"
    assert len(table.kept) == 1


def test_a_query_may_be_remembered() -> None:
    encoder, table = WordEncoder(), MemoryVectors()
    for _ in range(2):
        CachedEncoder(encoder, table, remember_queries=True).encode_query(["a", "b"])
    assert encoder.encoded == ["a", "b"]


class Dying(WordEncoder):
    """An encoder that dies at its third call."""

    calls = 0

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode, twice."""
        self.calls += 1
        if self.calls == 3:
            raise KeyboardInterrupt
        return super().encode(texts, progress)


def test_killed_between_steps_the_steps_before_are_kept() -> None:
    table = MemoryVectors()
    texts = [f"text {number}" for number in range(3 * _STEP)]
    with pytest.raises(KeyboardInterrupt):
        CachedEncoder(Dying(), table).encode(texts)
    assert len(table.kept) == 2 * _STEP
    encoder = WordEncoder()
    vectors = CachedEncoder(encoder, table).encode(texts)
    assert len(encoder.encoded) == _STEP
    assert np.array_equal(vectors, WordEncoder().encode(texts))
