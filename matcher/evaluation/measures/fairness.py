"""Fairness: whether small winners stand as high as large ones of whom as much is known.

A supplier with ten pieces of work is easier to find than one with a single piece, and large suppliers have more of
them. So winners are compared within groups of like evidence, and the large ones count in each group as much as the
small ones do (direct standardisation): what is left is what size itself does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matcher.evaluation.measures.bootstrap import interval_quantiles, resample_counts
from matcher.evaluation.measures.metrics import TiedRanking, first_relevant_rank
from matcher.evaluation.measures.slices import winner_size
from matcher.foundations.arrays import Floats
from matcher.records import Profile, Sector

SMALL, LARGE, NEITHER = 1, 0, -1
SMALL_SECTORS: Final = frozenset(
    {Sector.SME, Sector.VCSE, Sector.CHARITY, Sector.SOCIAL_ENTERPRISE, Sector.CIC, Sector.MUTUAL}
)
# Where groups of like evidence begin, in pieces of work.
EVIDENCE: Final = (0, 1, 2, 3, 5, 10)
MEASURES: Final = ("mean_rank", "mrr")


def size_group(profile: Profile) -> int:
    """Return `SMALL` for SMEs and not-for-profits, `LARGE`, or `NEITHER` where it is not known or public."""
    if profile.sector in SMALL_SECTORS:
        return SMALL
    return {"sme": SMALL, "large": LARGE}.get(winner_size(profile), NEITHER)


@dataclass
class WinnerRanks:
    """Where each winner of known size stood among those who did not win, collected need by need."""

    size: NDArray[np.int64]  # (profiles,) one of SMALL, LARGE, NEITHER
    evidence: NDArray[np.int64]  # (profiles,) position in EVIDENCE
    _found: list[tuple[int, int, int, float]] = field(default_factory=list)  # need, size, evidence, rank
    _needs: int = 0

    @classmethod
    def of(cls, profiles: Sequence[Profile]) -> WinnerRanks:
        """Return an empty collection for winners among `profiles`."""
        pieces = [len(profile.track_record) for profile in profiles]
        return cls(
            np.array([size_group(profile) for profile in profiles], dtype=np.int64),
            np.searchsorted(EVIDENCE, pieces, side="right") - 1,
        )

    def add(self, scores: Floats, grades: NDArray[np.int64]) -> None:
        """Add the answer to a need; both of shape (profiles,). Ties count at their mean."""
        for row in np.flatnonzero((grades > 0) & (self.size != NEITHER)):
            kept = grades <= 0
            kept[row] = True
            stood = first_relevant_rank(TiedRanking.of(scores[kept], grades[kept]))
            self._found.append((self._needs, int(self.size[row]), int(self.evidence[row]), stood))
        self._needs += 1

    def to_json(self) -> dict[str, Any] | None:
        """Return both groups at equal evidence, and the difference small - large with its interval by bootstrap over
        needs; None where there is no group of evidence with both.

        Of a rank less is better, of its reciprocal more.
        """
        if not self._found:
            return None
        need, size, evidence, ranks = (np.array(column) for column in zip(*self._found, strict=True))
        shared = [e for e in range(len(EVIDENCE)) if len(set(size[evidence == e].tolist())) == 2]
        kept = np.isin(evidence, shared)
        if not kept.any():
            return None
        need, size, evidence = need[kept], size[kept], evidence[kept]
        values = np.column_stack([ranks[kept], 1 / ranks[kept]])
        means = _standardised(np.ones((1, len(need))), size, evidence, values)[0]
        drawn = [
            _standardised(block[:, need].astype(float), size, evidence, values)
            for block in resample_counts(self._needs)
        ]
        groups = {"small": SMALL, "large_at_equal_evidence": LARGE}
        return {
            **{
                name: {"winners": int((size == group).sum()), **_measured(means[group])}
                for name, group in groups.items()
            },
            "difference": _difference(means, np.concatenate(drawn)),
            "left_out": int((~kept).sum()),
        }


def _measured(values: Floats) -> dict[str, float]:
    return dict(zip(MEASURES, values.tolist(), strict=True))


def _difference(means: Floats, drawn: Floats) -> dict[str, dict[str, Any]]:
    """Return small - large of `means`, shape (2, measures), each with the interval of `drawn`, shape (draws, 2, …)."""
    ends = np.nanquantile(drawn[:, SMALL] - drawn[:, LARGE], interval_quantiles(), axis=0)
    gaps = _measured(means[SMALL] - means[LARGE])
    return {name: {"value": gaps[name], "interval": ends[:, n].tolist()} for n, name in enumerate(MEASURES)}


def _standardised(weights: Floats, size: NDArray[np.int64], evidence: NDArray[np.int64], values: Floats) -> Floats:
    """Return the means of `values` (winners, measures) by draw and size, shape (draws, 2, measures).

    `weights`, shape (draws, winners), is how often a winner counts. Each group of evidence counts as much as small
    winners are in it; where a draw has no large one in a group, that group is left out of the draw.
    """
    total = np.zeros((len(weights), 2, values.shape[1]))
    share = np.zeros((len(weights), 1))
    for group in np.unique(evidence):
        cells = [weights * ((evidence == group) & (size == s)) for s in (LARGE, SMALL)]
        counts = [cell.sum(axis=1, keepdims=True) for cell in cells]
        both = (counts[LARGE] > 0) & (counts[SMALL] > 0)
        for s in (LARGE, SMALL):
            total[:, s] += np.where(both, counts[SMALL] * (cells[s] @ values) / np.maximum(counts[s], 1), 0.0)
        share += np.where(both, counts[SMALL], 0.0)
    with np.errstate(invalid="ignore"):
        found: Floats = total / share[:, None]
    return found
