"""Fakes for parts that would be slow in tests, and an engine built from them."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.embedding import CachedEncoder, Encoder, Progress
from matcher.foundations.arrays import Floats, Vectors
from matcher.foundations.artefacts import Artefacts
from matcher.index import Snapshots
from matcher.scoring import AdditiveModel
from matcher.search.engine import Engine
from matcher.store import Store

_DIMENSIONS: Final = 256
_CHOSEN: Final = 64
_WORD = re.compile(r"\w+")


class WordEncoder:
    """An encoder without weights, whose vectors are close for texts that share words.

    The hash of a word decides whether the word votes for or against each dimension. The 64 of 256 dimensions with the
    clearest votes become ±1/8, and the others 0. Every vector therefore has a length of exactly 1, and an inner product
    is a multiple of 1/64 in whatever order it is summed. Tests can check for exact equality, including ties.
    """

    def __init__(self, *, pause: float = 0.0, fingerprint: str = "words") -> None:
        self.fingerprint = fingerprint
        self.dimensions = _DIMENSIONS
        self.encoded: list[str] = []
        self._pause = pause

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return one row per text, pausing for `pause` seconds before each. `encoded` lists all texts so far."""
        vectors = np.zeros((len(texts), _DIMENSIONS), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            time.sleep(self._pause)
            votes = sum((_votes(word) for word in _WORD.findall(text.lower())), np.zeros(_DIMENSIONS, dtype=np.int64))
            chosen = np.argsort(-np.abs(votes), kind="stable")[:_CHOSEN]
            row[chosen] = np.where(votes[chosen] < 0, -0.125, 0.125)
        self.encoded += texts
        if progress is not None:
            progress(len(texts))
        return vectors

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Return the result of `encode`."""
        return self.encode(texts)


@lru_cache(maxsize=10_000)
def _votes(word: str) -> NDArray[np.int64]:
    bits = np.unpackbits(np.frombuffer(hashlib.blake2b(word.encode(), digest_size=_DIMENSIONS // 8).digest(), np.uint8))
    return bits.astype(np.int64) * 2 - 1


class MemoryVectors:
    """A vector table in memory."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str], bytes] = {}

    def get(self, model: str, keys: Sequence[str]) -> dict[str, bytes]:
        """Return the vectors stored under `keys`, by key."""
        return {key: self.stored[model, key] for key in keys if (model, key) in self.stored}

    def put(self, model: str, items: Mapping[str, bytes]) -> None:
        """Store `items` by key. A key that is already stored keeps its vector."""
        for key, value in items.items():
            self.stored.setdefault((model, key), value)


def shipped_model() -> AdditiveModel:
    """Return the packaged scoring model."""
    return AdditiveModel.load(Artefacts.installed().ranking)


def engine_over(
    store: Store,
    *,
    encoder: Encoder | None = None,
    model: AdditiveModel | None = None,
    candidates: int = 1_000,
    snapshots: Snapshots | None = None,
) -> Engine:
    """Return an engine over `store` with a fake encoder and its own cache."""
    cached = CachedEncoder(encoder or WordEncoder(), MemoryVectors())
    return Engine(store, cached, model or shipped_model(), candidates=candidates, snapshots=snapshots)


@dataclass
class ListReader:
    """A reader that gives each text the next of `readings`, and keeps what it was given."""

    readings: Sequence[float]
    fingerprint: str = "list"
    texts: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)

    def read(self, need: str, texts: Sequence[str]) -> Floats:
        self.needs.append(need)
        self.texts += texts
        return np.array(self.readings[: len(texts)], dtype=np.float64)
