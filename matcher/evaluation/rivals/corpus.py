"""A register's passages in one list, and the step from passage scores to profile scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from matcher.foundations.arrays import Floats, Rows
from matcher.records import Profile
from matcher.texts.passages import PassageKind, passages_of

# Kinds of passage that only the product indexes. Plain search systems index whole texts.
_PRODUCT_ONLY = (PassageKind.NAME, PassageKind.TRACK_RECORD_TITLE)


def _plain_texts(profile: Profile) -> list[str]:
    return [passage.text for passage in passages_of(profile) if passage.kind not in _PRODUCT_ONLY] or [profile.name]


@dataclass(frozen=True)
class Corpus:
    """The `texts` of all passages, grouped by profile. Every profile has at least one passage.

    `starts`, shape (profiles,), holds the position of each profile's first passage in `texts`, counting from 0.
    """

    texts: tuple[str, ...]
    starts: Rows

    @classmethod
    def of(cls, profiles: Sequence[Profile]) -> Self:
        """Return the passages of `profiles` in register order."""
        by_profile = [_plain_texts(profile) for profile in profiles]
        counts = np.array([len(texts) for texts in by_profile], dtype=np.int64)
        return cls(tuple(text for texts in by_profile for text in texts), np.cumsum(counts) - counts)

    def best_per_profile(self, scores: Floats) -> Floats:
        """Return the score of each profile's best passage, shape (profiles,), from `scores`, shape (passages,)."""
        best: Floats = np.maximum.reduceat(scores, self.starts) if len(self.starts) else np.empty(0)
        return best

    def over_passages(self, positions: Rows, scores: Floats) -> Floats:
        """Return the score of every passage, shape (passages,): `scores` at `positions`, and -inf elsewhere."""
        by_passage = np.full(len(self.texts), -np.inf)
        by_passage[positions] = scores
        return by_passage
