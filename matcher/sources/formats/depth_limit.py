"""JSON that is parsed as a stream: a limit on its depth, and numbers that are none.

A streaming parser keeps the path of every open level, and each path is longer than the one before. Without a limit,
a few kilobytes of brackets would use up all memory.

Some publishers write NaN and Infinity, which are not JSON. They are read as `NOT_A_NUMBER`.
"""

from __future__ import annotations

import re
from typing import BinaryIO, Final

import numpy as np

from matcher.foundations.errors import InvalidInput, Place
from matcher.sources.formats.limits import MAX_DEPTH

# A text in the place of NaN or Infinity. No published text contains this character, which has no meaning in Unicode.
NOT_A_NUMBER: Final = "\ue000"
_CONSTANTS: Final = (b"NaN", b"Infinity")
_STRING_OR_CONSTANT: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|-?(?:NaN|Infinity)\b', re.DOTALL)
# The length of the longest constant, and the bytes that constants consist of.
_LONGEST: Final = len(b"-Infinity")
_LETTERS: Final = b"-NaInfity"
_ESCAPED: Final = re.compile(rb"\\.", re.DOTALL)
_BRACKETS: Final = b"[]{}"
_OTHERS: Final = bytes(set(range(256)) - set(_BRACKETS))
# Opening and closing brackets as signed bytes: +1 and -1.
_STEPS: Final = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")


class DepthLimitedFile:
    """A JSON file that raises an error if it is nested deeper than `MAX_DEPTH`, with NaN and Infinity replaced.

    Brackets and words in strings are ignored.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name
        self._depth, self._in_string, self._pending_escape = 0, False, b""

    def read(self, size: int = -1) -> bytes:
        """Return about the next `size` bytes.

        Raises:
            InvalidInput: these bytes are nested too deeply.

        """
        piece = self._file.read(size)
        for _ in range(_LONGEST):  # do not cut a constant in two
            if not piece or piece[-1] not in _LETTERS or not (more := self._file.read(1)):
                break
            piece += more
        piece = self._without_constants(piece)
        marks = self._outside_strings(piece).translate(_STEPS, _OTHERS)
        depths = self._depth + np.cumsum(np.frombuffer(marks, dtype=np.int8), dtype=np.int64)
        if len(depths):
            if depths.max() > MAX_DEPTH:
                raise InvalidInput(
                    f"is nested more than {MAX_DEPTH} levels deep",
                    remedy="Use the file as published",
                    place=Place(file=self._name),
                )
            self._depth = int(depths[-1])
        return piece

    def _without_constants(self, piece: bytes) -> bytes:
        if not any(constant in piece for constant in _CONSTANTS):
            return piece
        start = (b'"' if self._in_string else b"") + self._pending_escape
        replaced = _STRING_OR_CONSTANT.sub(
            lambda part: part[0] if part[0].startswith(b'"') else f'"{NOT_A_NUMBER}"'.encode(), start + piece
        )
        return replaced[len(start) :]

    def _outside_strings(self, piece: bytes) -> bytes:
        text = self._pending_escape + piece
        # After an odd number of backslashes, the last one escapes the first byte of the next piece.
        cut = (len(text) - len(text.rstrip(b"\\"))) % 2
        text, self._pending_escape = text[: len(text) - cut], text[len(text) - cut :]
        parts = _ESCAPED.sub(b"", text).split(b'"')
        outside = parts[1 if self._in_string else 0 :: 2]
        self._in_string ^= len(parts) % 2 == 0
        return b"".join(outside)
