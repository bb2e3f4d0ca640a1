"""Copies: find texts that repeat another text, in whole or in long runs of words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

_WORD = re.compile(r"[^\W_]+")

# Product decisions. Ordinary phrases of a trade are shorter than the long run; a reworded copy still has most of the
# short runs.
LONG_RUN: Final = 12
_SHORT_RUN: Final = 5
# The share of a text's short runs from which another text repeats it, and the shortest text for which this counts.
_MOST_RUNS: Final = 0.5
_SHORTEST_TEXT: Final = 8
# Two texts are near-copies if they share at least this part of all the words that they use.
_SHARED_WORDS: Final = 0.8

Run = tuple[str, ...]


def is_near_copy(text: str, other: str) -> bool:
    """Return whether two texts use almost the same words. Case, order, punctuation and numbers are ignored."""
    words, others = _unnumbered(text), _unnumbered(other)
    if not words or not others:
        return _words(text) == _words(other)
    return len(words & others) >= _SHARED_WORDS * len(words | others)


@dataclass(frozen=True)
class CopyDetector:
    """Recognises texts that repeat one text: the runs of 5 and of 12 consecutive words in it."""

    length: int
    short: frozenset[Run]
    long: frozenset[Run]

    @classmethod
    def of(cls, text: str) -> Self:
        """Return a detector of copies of `text`."""
        words = _words(text)
        return cls(len(words), _runs(words, _SHORT_RUN), _runs(words, LONG_RUN))

    def is_repeated_by(self, text: str) -> bool:
        """Return whether `text` holds `LONG_RUN` consecutive words of the original, or most of the original.

        An original of fewer than 8 words is too short to be called repeated.
        """
        words = _words(text)
        repeated = self.short & _runs(words, _SHORT_RUN)
        if not repeated or self.length < _SHORTEST_TEXT:
            return False
        return len(repeated) > _MOST_RUNS * len(self.short) or not self.long.isdisjoint(_runs(words, LONG_RUN))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _unnumbered(text: str) -> set[str]:
    return {word for word in _words(text) if not word.isdigit()}


def _runs(words: Sequence[str], length: int) -> frozenset[Run]:
    return frozenset(zip(*(words[start:] for start in range(length)), strict=False))
