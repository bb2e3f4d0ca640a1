"""Embedding cache: a text is encoded once for a model, however often it is imported."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import numpy as np

from matcher.embedding.encoder import BATCH, Encoder, Progress
from matcher.foundations.arrays import Vectors
from matcher.foundations.errors import Unavailable

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

    A query is remembered only where asked to be, and never without `remember_queries`: what somebody searches for in
    passing is theirs.
    """

    def __init__(self, encoder: Encoder, table: VectorTable, *, remember_queries: bool = True) -> None:
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

    def encode_query(self, texts: Sequence[str], *, remember: bool = False) -> Vectors:
        """Return one row for each of the texts that stand for one query.

        They are looked up and kept together and apart from passages, so that they are the same whatever else
        was encoded before. Where they cannot be kept, they are encoded again the next time.
        """
        different = list(dict.fromkeys(texts))
        rows = [different.index(text) for text in texts]
        key = _key("\0".join(("query", *different)))
        remember = remember and self._remember_queries
        if remember and key in (known := self._known([key])):
            return known[key].reshape(len(different), -1)[rows]
        found = self._encoder.encode_query(different)
        if remember:
            with suppress(Unavailable):
                self._table.put(self.fingerprint, {key: found.tobytes()})
        return found[rows]

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
