"""Fairness: whether small winners rank as high as large winners with a similar amount of evidence.

A supplier that lists ten pieces of past work is easier to find than a supplier that lists one, and large suppliers list
more. Winners are therefore compared within groups of similar evidence, and large winners are weighted to have the same
spread of evidence as small winners (direct standardisation). The remaining difference is the effect of size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from matcher.evaluation.measures.bootstrap import interval_quantiles, resample_counts
from matcher.evaluation.measures.metrics import TiedRanking, first_relevant_rank
from matcher.evaluation.measures.slices import winner_size
from matcher.foundations.arrays import Floats, Ints
from matcher.records import Profile, Sector

SMALL, LARGE, NEITHER = 1, 0, -1
SMALL_SECTORS: Final = frozenset(
    {Sector.SME, Sector.VCSE, Sector.CHARITY, Sector.SOCIAL_ENTERPRISE, Sector.CIC, Sector.MUTUAL}
)
# The smallest number of track-record entries in each evidence group.
EVIDENCE: Final = (0, 1, 2, 3, 5, 10)
MEASURES: Final = ("mean_rank", "mrr")


def size_group(profile: Profile) -> int:
    """Return `SMALL` for SMEs and not-for-profits, `LARGE` for large firms, and otherwise `NEITHER`."""
    if profile.sector in SMALL_SECTORS:
        return SMALL
    return {"sme": SMALL, "large": LARGE}.get(winner_size(profile), NEITHER)


@dataclass
class WinnerRanks:
    """Collects, need by need, how each winner of known size ranks among the profiles that did not win."""

    size: Ints  # shape (profiles,): SMALL, LARGE or NEITHER
    evidence: Ints  # shape (profiles,): position in EVIDENCE, counting from 0
    _winners: list[tuple[int, int, int, float]] = field(default_factory=list)  # need, size, evidence, rank
    _needs: int = 0

    @classmethod
    def of(cls, profiles: Sequence[Profile]) -> WinnerRanks:
        """Return an empty collection for winners among `profiles`."""
        pieces = [len(profile.track_record) for profile in profiles]
        return cls(
            np.array([size_group(profile) for profile in profiles], dtype=np.int64),
            np.searchsorted(EVIDENCE, pieces, side="right") - 1,
        )

    def add(self, scores: Floats, grades: Ints) -> None:
        """Add the answer to one need. Both arguments have shape (profiles,). Ties take their mean rank."""
        for row in np.flatnonzero((grades > 0) & (self.size != NEITHER)):
            mask = grades <= 0
            mask[row] = True
            rank = first_relevant_rank(TiedRanking.of(scores[mask], grades[mask]))
            self._winners.append((self._needs, int(self.size[row]), int(self.evidence[row]), rank))
        self._needs += 1

    def to_json(self) -> dict[str, Any] | None:
        """Return figures for small and large winners with the same spread of evidence, and their difference.

        The difference is small - large. A lower mean rank is better, and a higher MRR is better. Intervals come from a
        bootstrap over needs. "left_out" is the number of winners in evidence groups without small winners or without
        large winners. Return None if there are no other groups.
        """
        import pandas as pd

        winners = pd.DataFrame(self._winners, columns=["need", "size", "evidence", "rank"])
        comparable = winners[winners.groupby("evidence")["size"].transform("nunique") == 2]
        if comparable.empty:
            return None
        need, size, evidence, rank = (comparable[column].to_numpy() for column in comparable)
        values = np.column_stack([rank, 1 / rank])
        means = _standardised(np.ones((1, len(need))), size, evidence, values)[0]
        draws = [_standardised(block[:, need], size, evidence, values) for block in resample_counts(self._needs)]
        groups = {"small": SMALL, "large_at_equal_evidence": LARGE}
        return {
            **{
                name: {"winners": int((size == group).sum()), **_by_measure(means[group])}
                for name, group in groups.items()
            },
            "difference": _difference(means, np.concatenate(draws)),
            "left_out": len(winners) - len(comparable),
        }


def _by_measure(values: Floats) -> dict[str, float]:
    return dict(zip(MEASURES, values.tolist(), strict=True))


def _difference(means: Floats, draws: Floats) -> dict[str, dict[str, Any]]:
    """Return how far the mean for small winners exceeds the mean for large winners, by measure, with intervals.

    `means` has shape (2, measures). The intervals come from the differences in `draws`, shape (draws, 2, measures).
    """
    ends = np.nanquantile(draws[:, SMALL] - draws[:, LARGE], interval_quantiles(), axis=0)
    differences = _by_measure(means[SMALL] - means[LARGE])
    return {name: {"value": differences[name], "interval": ends[:, n].tolist()} for n, name in enumerate(MEASURES)}


def _standardised(weights: Ints | Floats, size: Ints, evidence: Ints, values: Floats) -> Floats:
    """Return the mean of `values`, shape (winners, measures), for each draw and size, shape (draws, 2, measures).

    `weights`, shape (draws, winners), holds the number of times each winner occurs in each draw. Each evidence group is
    weighted by its number of small winners. A group that has no small winner or no large winner in a draw is skipped in
    that draw. If all groups are skipped in a draw, the means for that draw are NaN.
    """
    # NumPy, not pandas, because a matrix product handles all draws at once.
    total = np.zeros((len(weights), 2, values.shape[1]))
    share = np.zeros((len(weights), 1))
    for group in np.unique(evidence):
        cells = [(weights * ((evidence == group) & (size == s))).astype(np.float64) for s in (LARGE, SMALL)]
        counts = [cell.sum(axis=1, keepdims=True) for cell in cells]
        both = (counts[LARGE] > 0) & (counts[SMALL] > 0)
        for s in (LARGE, SMALL):
            total[:, s] += np.where(both, counts[SMALL] * (cells[s] @ values) / np.maximum(counts[s], 1), 0.0)
        share += np.where(both, counts[SMALL], 0.0)
    with np.errstate(invalid="ignore"):
        means: Floats = total / share[:, None]
    return means
