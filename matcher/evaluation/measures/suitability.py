"""Suitability: how a ranking orders the profiles that people have judged, leaving out all others.

Judgements made by reading include misfits, so they can show what most ranking metrics cannot: how many of the first
places go to profiles that do not fit at all. Profiles that nobody judged are left out, because a ranking should be
neither rewarded nor punished for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np

from matcher.evaluation.measures.bootstrap import intervals
from matcher.evaluation.measures.metrics import TiedRanking, ndcg
from matcher.foundations.arrays import Floats, Ints, Mask

# Profiles with this grade or a higher one are suitable. Profiles with grade 0 are misfits.
SUITABLE: Final = 2
FIRST_PLACES: Final = 5
SUITABILITY: Final = ("ndcg@10", f"suitable@{FIRST_PLACES}", f"misfits@{FIRST_PLACES}")


def suitability(scores: Floats, grades: Ints) -> Floats:
    """Return every metric in `SUITABILITY` for one need, shape (metrics,).

    “suitable@5” is the number of suitable profiles among the first five, as a share of the most that were possible. It
    is NaN if no profile is suitable. “misfits@5” is the share of misfits among the first five. Both are expectations
    over the order of tied profiles.

    Args:
        scores: the scores of the judged profiles, higher is better, -inf if not retrieved.
        grades: the grades of the same profiles, with at least one above 0.

    """
    places = min(FIRST_PLACES, len(grades))
    suitable = grades >= SUITABLE
    found = _among_first(scores, suitable) / min(places, suitable.sum()) if suitable.any() else np.nan
    return np.array([ndcg(TiedRanking.of(scores, grades), 10), found, _among_first(scores, grades == 0) / places])


def _among_first(scores: Floats, chosen: Mask) -> float:
    """Return the expected number of `chosen` profiles in the first places."""
    if not chosen.any():
        return 0.0
    ranking = TiedRanking.of(scores, chosen.astype(np.int64))
    return float((ranking.relevant * ranking.filled_places(FIRST_PLACES) / ranking.size).sum())


@dataclass(frozen=True)
class SuitabilityFigures:
    """The mean of each metric in `SUITABILITY` over the needs that define it, with a 95% interval (low, high)."""

    needs: int
    means: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]

    @classmethod
    def of(cls, values: Sequence[Floats]) -> Self:
        """Summarise the results of `suitability` for at least one need, leaving out metrics that are always NaN."""
        table = np.stack(values)
        defined = {
            name: column[~np.isnan(column), None]
            for name, column in zip(SUITABILITY, table.T, strict=True)
            if not np.isnan(column).all()
        }
        bounds = {name: intervals(column)[0].tolist() for name, column in defined.items()}
        return cls(
            needs=len(table),
            means={name: float(column.mean()) for name, column in defined.items()},
            intervals={name: (low, high) for name, (low, high) in bounds.items()},
        )

    def to_json(self) -> dict[str, Any]:
        """Return `{"needs", "ndcg@10", …, "intervals": {metric: [low, high]}}`."""
        return {"needs": self.needs, **self.means, "intervals": {n: list(i) for n, i in self.intervals.items()}}
