"""The embedding cache: each text is encoded once, even if a process is killed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from matcher.embedding import CachedEncoder, Progress
from matcher.embedding.cache import STEP
from matcher.foundations.arrays import Vectors
from matcher.foundations.errors import Unavailable
from tests.support.fakes import MemoryVectors, WordEncoder


def test_each_text_is_encoded_once() -> None:
    encoder, table = WordEncoder(), MemoryVectors()
    first = CachedEncoder(encoder, table).encode(["a", "b", "a"])
    again = CachedEncoder(encoder, table).encode(["b", "c", "a", "c"])
    assert sorted(encoder.encoded) == ["a", "b", "c"]
    assert np.array_equal(first[[1, 0]], again[[0, 2]])
    assert np.array_equal(again, WordEncoder().encode(["b", "c", "a", "c"]))


def test_vectors_of_another_encoder_are_not_used() -> None:
    table = MemoryVectors()
    CachedEncoder(WordEncoder(), table).encode(["a"])
    other = WordEncoder(fingerprint="other")
    CachedEncoder(other, table).encode(["a"])
    assert other.encoded == ["a"]


def test_a_query_is_not_cached_by_default() -> None:
    encoder, table = WordEncoder(), MemoryVectors()
    cached = CachedEncoder(encoder, table)
    cached.encode(["a"])
    encoder.encoded.clear()
    vectors = cached.encode_query(["b", "a", "b"])
    assert np.array_equal(vectors, WordEncoder().encode(["b", "a", "b"]))
    assert encoder.encoded == ["b", "a"], "a repeated text is encoded once"
    assert len(table.stored) == 1


def test_a_query_is_cached_as_a_whole() -> None:
    encoder, table = WordEncoder(), MemoryVectors()
    for texts in (["a", "b"], ["a", "b"], ["b"], ["a", "b", "a"]):
        vectors = CachedEncoder(encoder, table).encode_query(texts, remember=True)
        assert np.array_equal(vectors, WordEncoder().encode(texts))
    assert encoder.encoded == ["a", "b", "b"]


class FullVectors(MemoryVectors):
    """A table that cannot store anything."""

    def put(self, model: str, items: Mapping[str, bytes]) -> None:
        """Fail."""
        raise Unavailable("the disk is full", remedy="Free some space")


def test_a_query_that_cannot_be_cached_is_encoded_again() -> None:
    encoder = WordEncoder()
    cached = CachedEncoder(encoder, FullVectors())
    for _ in range(2):
        assert np.array_equal(cached.encode_query(["a"], remember=True), WordEncoder().encode(["a"]))
    assert encoder.encoded == ["a", "a"]


class DyingEncoder(WordEncoder):
    """An encoder whose process is killed in its third call."""

    calls = 0

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode in the first two calls, and stop in the third."""
        self.calls += 1
        if self.calls == 3:
            raise KeyboardInterrupt
        return super().encode(texts, progress)


def test_steps_before_a_kill_are_stored() -> None:
    table = MemoryVectors()
    texts = [f"text {number}" for number in range(3 * STEP)]
    with pytest.raises(KeyboardInterrupt):
        CachedEncoder(DyingEncoder(), table).encode(texts)
    assert len(table.stored) == 2 * STEP
    encoder = WordEncoder()
    vectors = CachedEncoder(encoder, table).encode(texts)
    assert len(encoder.encoded) == STEP
    assert np.array_equal(vectors, WordEncoder().encode(texts))
