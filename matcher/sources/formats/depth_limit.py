"""Nesting: JSON that is read piece by piece, but only as deep as records go.

A parser that yields events with their paths keeps a path a level, each longer than the one before: some kilobytes of
brackets would take all memory.
"""

from __future__ import annotations

import re
from typing import BinaryIO, Final

import numpy as np

from matcher.foundations.errors import InvalidInput, Place

# The standard's own schema goes a dozen levels deep.
MAX_DEPTH: Final = 32
_ESCAPED: Final = re.compile(rb"\\.", re.DOTALL)
_BRACKETS: Final = b"[]{}"
_OTHERS: Final = bytes(set(range(256)) - set(_BRACKETS))
# As signed bytes: one level more, one less.
_STEPS: Final = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")


class Shallow:
    """A file of JSON that refuses to be read deeper than `MAX_DEPTH`; brackets in texts do not count."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name
        self._depth, self._in_text, self._kept = 0, False, b""

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes.

        Raises:
            InvalidInput: they lead too deep.

        """
        piece = self._file.read(size)
        marks = self._outside_texts(piece).translate(_STEPS, _OTHERS)
        depths = self._depth + np.cumsum(np.frombuffer(marks, dtype=np.int8), dtype=np.int64)
        if len(depths):
            if depths.max() > MAX_DEPTH:
                raise InvalidInput(
                    f"is nested more than {MAX_DEPTH} levels deep",
                    remedy="Give release or record packages as they were published",
                    place=Place(file=self._name),
                )
            self._depth = int(depths[-1])
        return piece

    def _outside_texts(self, piece: bytes) -> bytes:
        text = self._kept + piece
        # Of an odd number of backslashes at the end the last one escapes what comes next.
        cut = (len(text) - len(text.rstrip(b"\\"))) % 2
        text, self._kept = text[: len(text) - cut], text[len(text) - cut :]
        parts = _ESCAPED.sub(b"", text).split(b'"')
        outside = parts[1 if self._in_text else 0 :: 2]
        self._in_text ^= len(parts) % 2 == 0
        return b"".join(outside)
