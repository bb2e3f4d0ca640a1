"""Embedding cache: each text is encoded once per model, however often the text is imported."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, Protocol

import numpy as np

from matcher.embedding.encoder import BATCH, Encoder, Progress
from matcher.foundations.arrays import Vectors
from matcher.foundations.errors import Unavailable

# Vectors are stored in steps of this many texts. A killed process loses at most one step.
STEP: Final = 16 * BATCH
# The maximum number of keys to look up in one table query.
_LOOKUP: Final = 5_000


class VectorTable(Protocol):
    """Stores the cached vectors. The store provides one table, and tests and overlays provide their own."""

    def get(self, model: str, keys: Sequence[str]) -> dict[str, bytes]:
        """Return the vectors stored under `keys`, by key. Keys without a vector are left out."""
        ...

    def put(self, model: str, items: Mapping[str, bytes]) -> None:
        """Store `items` by key. A key that is already stored keeps its vector."""
        ...


class InMemoryOverlay:
    """A vector table that reads from another table and holds new vectors in memory only."""

    def __init__(self, table: VectorTable) -> None:
        self._table = table
        self._new: dict[tuple[str, str], bytes] = {}

    def get(self, model: str, keys: Sequence[str]) -> dict[str, bytes]:
        """Return the vectors stored under `keys` in either table, by key."""
        new = {key: self._new[model, key] for key in keys if (model, key) in self._new}
        return {**self._table.get(model, [key for key in keys if key not in new]), **new}

    def put(self, model: str, items: Mapping[str, bytes]) -> None:
        """Hold `items` in memory. A key that is already in either table keeps its vector."""
        known = self.get(model, list(items))
        self._new.update({(model, key): vector for key, vector in items.items() if key not in known})


class CachedEncoder:
    """An encoder with a cache. The first vector made for a text is used from then on.

    A query is cached only if the caller requests caching and `remember_queries` is true, so that free-text searches are
    not stored.
    """

    def __init__(self, encoder: Encoder, table: VectorTable, *, remember_queries: bool = True) -> None:
        self._encoder = encoder
        self._table = table
        self._remember_queries = remember_queries

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the encoder."""
        return self._encoder.fingerprint

    @property
    def dimensions(self) -> int:
        """The length of the encoder's vectors."""
        return self._encoder.dimensions

    def over(self, encoder: Encoder) -> CachedEncoder:
        """Return a cached encoder for `encoder` that shares the cache of this encoder."""
        return CachedEncoder(encoder, self._table, remember_queries=self._remember_queries)

    def encode_query(self, texts: Sequence[str], *, remember: bool = False) -> Vectors:
        """Encode the texts of one query and return one row per text, shape (len(texts), dimensions).

        The texts are cached together and separately from passages, so that their vectors do not depend on which texts
        were encoded earlier. If the vectors cannot be stored, the next call encodes the texts again.
        """
        distinct = list(dict.fromkeys(texts))
        rows = [distinct.index(text) for text in texts]
        key = _key("\0".join(("query", *distinct)))
        remember = remember and self._remember_queries
        if remember and key in (known := self._known([key])):
            return known[key].reshape(len(distinct), -1)[rows]
        vectors = self._encoder.encode_query(distinct)
        if remember:
            with suppress(Unavailable):
                self._table.put(self.fingerprint, {key: vectors.tobytes()})
        return vectors[rows]

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return one row per text, shape (len(texts), dimensions). Only texts that are not in the cache are encoded."""
        keys = [_key(text) for text in texts]
        known = self._known(list(dict.fromkeys(keys)))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if progress is not None and len(texts) > len(missing):
            progress(len(texts) - len(missing))
        ordered = sorted(missing, key=lambda key: (len(missing[key]), missing[key]))
        for start in range(0, len(ordered), STEP):
            step = ordered[start : start + STEP]
            vectors = self._encoder.encode([missing[key] for key in step], progress)
            self._table.put(self.fingerprint, {key: row.tobytes() for key, row in zip(step, vectors, strict=True)})
            known.update(self._known(step))
        if not keys:
            return np.empty((0, self.dimensions), dtype=np.float32)
        return np.stack([known[key] for key in keys])

    def _known(self, keys: Sequence[str]) -> dict[str, Vectors]:
        known: dict[str, Vectors] = {}
        for start in range(0, len(keys), _LOOKUP):
            rows = self._table.get(self.fingerprint, keys[start : start + _LOOKUP])
            known.update((key, np.frombuffer(row, dtype=np.float32)) for key, row in rows.items())
        return known


def _key(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
