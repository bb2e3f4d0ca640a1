"""Embedding cache: a text is encoded once for a model, however often it is imported."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from matcher.embedding.encoder import BATCH, Encoder, Progress, Vectors

# Vectors are made durable in steps of this many texts: what a killed process has to do again.
_STEP = 16 * BATCH
_LOOKUP = 5_000


class VectorTable(Protocol):
    """Where the cache keeps vectors: the store's table of them."""

    def get(self, model: str, keys: Sequence[str]) -> dict[str, bytes]:
        """Return what is known of `keys`."""
        ...

    def put(self, model: str, items: Mapping[str, bytes]) -> None:
        """Keep `items`; one that is known already stays as it is."""
        ...


class Aside:
    """A table that knows what another one knows and keeps what is new apart, in memory: for texts that pass."""

    def __init__(self, table: VectorTable) -> None:
        self._table = table
        self._new: dict[tuple[str, str], bytes] = {}

    def get(self, model: str, keys: Sequence[str]) -> dict[str, bytes]:
        """Return what is known of `keys`, to either."""
        new = {key: self._new[model, key] for key in keys if (model, key) in self._new}
        return {**self._table.get(model, [key for key in keys if key not in new]), **new}

    def put(self, model: str, items: Mapping[str, bytes]) -> None:
        """Keep `items` for as long as this value lives; one that is known already stays as it is."""
        known = self.get(model, list(items))
        self._new.update({(model, key): row for key, row in items.items() if key not in known})


class CachedEncoder:
    """An encoder that remembers. The first vector made for a text is the one used ever after.

    Queries are not remembered, unless `remember_queries`: what somebody searches for is theirs.
    """

    def __init__(self, encoder: Encoder, table: VectorTable, *, remember_queries: bool = False) -> None:
        self._encoder = encoder
        self._table = table
        self._remember_queries = remember_queries

    @property
    def fingerprint(self) -> str:
        """That of the encoder behind it."""
        return self._encoder.fingerprint

    @property
    def dimensions(self) -> int:
        """That of the encoder behind it."""
        return self._encoder.dimensions

    def over(self, encoder: Encoder) -> CachedEncoder:
        """Return another encoder that remembers in the same table."""
        return CachedEncoder(encoder, self._table, remember_queries=self._remember_queries)

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Return one row for each of the texts that stand for one query; they are looked up only where remembered,
        so that a query's vectors do not depend on what else was encoded before.
        """
        if self._remember_queries:
            return self.encode(texts)
        different = list(dict.fromkeys(texts))
        return self._encoder.encode_query(different)[[different.index(text) for text in texts]]

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return one row a text, encoding only texts that no earlier call has met."""
        keys = [_key(text) for text in texts]
        known = self._known(list(dict.fromkeys(keys)))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if progress is not None and len(texts) > len(missing):
            progress(len(texts) - len(missing))
        ordered = sorted(missing, key=lambda key: (len(missing[key]), missing[key]))
        for start in range(0, len(ordered), _STEP):
            step = ordered[start : start + _STEP]
            rows = self._encoder.encode([missing[key] for key in step], progress)
            self._table.put(self.fingerprint, {key: row.tobytes() for key, row in zip(step, rows, strict=True)})
            known.update(self._known(step))
        if not keys:
            return np.empty((0, self.dimensions), dtype=np.float32)
        return np.stack([known[key] for key in keys])

    def _known(self, keys: Sequence[str]) -> dict[str, Vectors]:
        found: dict[str, Vectors] = {}
        for start in range(0, len(keys), _LOOKUP):
            rows = self._table.get(self.fingerprint, keys[start : start + _LOOKUP])
            found.update((key, np.frombuffer(row, dtype=np.float32)) for key, row in rows.items())
        return found


def _key(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
