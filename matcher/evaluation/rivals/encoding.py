"""Vectors for the rivals: one encoder for all of them, which encodes each text once in a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from matcher.foundations.arrays import Vectors

# Texts to vectors of length 1, shape (len(texts), dimensions), one row a text.
Encode = Callable[[Sequence[str]], Vectors]


class MemoisedEncode:
    """An `Encode` that keeps what it has made for as long as it lives."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._known: dict[str, Vectors] = {}

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, shape (len(texts), dimensions); at least one text."""
        if missing := [text for text in dict.fromkeys(texts) if text not in self._known]:
            self._known.update(zip(missing, self._encode(missing), strict=True))
        return np.stack([self._known[text] for text in texts])
