"""All passages of a register in one list, and the way back from passage scores to profile scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from matcher.foundations.arrays import Floats
from matcher.records import Profile
from matcher.texts.passages import PassageKind, passages_of

# Passages that only the product makes use of; plain systems index whole texts.
_OWN_KINDS = (PassageKind.NAME, PassageKind.TRACK_RECORD_TITLE)


def _plain_texts(profile: Profile) -> list[str]:
    return [passage.text for passage in passages_of(profile) if passage.kind not in _OWN_KINDS] or [profile.name]


@dataclass(frozen=True)
class Corpus:
    """`texts` of all passages, those of a profile together; `starts`, shape (profiles,): its first passage.

    Every profile has at least one passage.
    """

    texts: tuple[str, ...]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, profiles: Sequence[Profile]) -> Self:
        """Return the passages of `profiles` in register order."""
        by_profile = [_plain_texts(profile) for profile in profiles]
        counts = np.array([len(texts) for texts in by_profile], dtype=np.int64)
        return cls(tuple(text for texts in by_profile for text in texts), np.cumsum(counts) - counts)

    def best_per_profile(self, scores: Floats) -> Floats:
        """Return the score of each profile's best passage, shape (profiles,), from `scores` (passages,)."""
        best: Floats = np.maximum.reduceat(scores, self.starts) if len(self.starts) else np.empty(0)
        return best

    def spread(self, found: NDArray[np.int64], scores: Floats) -> Floats:
        """Return passage scores of shape (passages,) from those `found` (positions), -inf elsewhere."""
        spread = np.full(len(self.texts), -np.inf)
        spread[found] = scores
        return spread
