"""The encoder shared by all rivals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from matcher.foundations.arrays import Vectors

# Encodes texts as unit vectors, shape (len(texts), dimensions), one row per text.
Encode = Callable[[Sequence[str]], Vectors]


class MemoisedEncode:
    """An `Encode` that encodes each text once and keeps its vector in memory."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._vectors: dict[str, Vectors] = {}

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return one row per text, shape (len(texts), dimensions). `texts` must not be empty."""
        if missing := [text for text in dict.fromkeys(texts) if text not in self._vectors]:
            self._vectors.update(zip(missing, self._encode(missing), strict=True))
        return np.stack([self._vectors[text] for text in texts])
