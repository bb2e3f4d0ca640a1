"""Popularity: the same answer to every need, most past work first. A floor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matcher.records import Profile


class Popularity:
    """Scores a profile by how many pieces of track record it has."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        self._counts = np.array([len(profile.track_record) for profile in profiles], dtype=np.float64)

    def scores(self, query: str) -> NDArray[np.float64]:  # noqa: ARG002 - the same answer to every need
        """Return the counts, shape (profiles,), whatever `query` says."""
        return self._counts
