"""Popularity: profiles with the most past work come first, whatever the need. Any useful system should do better."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matcher.foundations.arrays import Floats
from matcher.records import Profile


class Popularity:
    """Scores a profile by the number of entries in its track record."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        self._counts = np.array([len(profile.track_record) for profile in profiles], dtype=np.float64)

    def scores(self, query: str) -> Floats:  # noqa: ARG002 - the scores are the same for every query
        """Return the counts, shape (profiles,)."""
        return self._counts
