"""Shortlist: the passages that may belong to the best profiles, judging by approximate scores.

Only these passages need exact scores, and no profile is lost. Every approximate score lies within a known error of the
exact score. If `depth` profiles have an approximate best score of at least c, then each of them has an exact best score
of at least c minus the error. So the `depth` profiles with the best exact scores also reach c minus the error, and each
of these profiles has a passage whose approximate score is at least c minus twice the error. All passages that reach
this threshold are scored exactly, and the best profiles are selected from the exact scores.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matcher.foundations.arrays import Floats, Mask, Rows
from matcher.foundations.row_groups import group_max, group_starts

# Roughly how many approximate scores to sample when guessing a threshold.
SAMPLE: Final = 16_384
# The threshold is guessed so that about `depth` times this many passages lie above it, because all passages of one
# profile may score highly. A wrong guess costs another scan but does not change the results.
PASSAGES_PER_PROFILE: Final = 4


@dataclass(frozen=True)
class TopK:
    """Selects the `depth` best profiles from passage scores.

    Attributes:
        owners: the profile of each passage, ascending.
        ties: a rank for each profile. Among profiles with equal scores, the lowest rank comes first.
        eligible: a mask over profiles.
        depth: the number of profiles to select.

    """

    owners: NDArray[np.int32]
    ties: Rows
    eligible: Mask
    depth: int

    @cached_property
    def selects_all(self) -> bool:
        """Whether at most `depth` profiles are eligible."""
        return int(self.eligible.sum()) <= self.depth

    @property
    def step(self) -> int:
        """The sampling interval: one passage in every `step` is sampled, whether or not it is eligible."""
        return max(1, len(self.owners) // SAMPLE)

    @cached_property
    def _sampled(self) -> Mask:
        """A mask of the eligible passages in the sample."""
        sampled: Mask = self.eligible[self.owners[:: self.step]]
        return sampled

    def guess(self, sample: NDArray[Any]) -> float:
        """Return a threshold that enough passages are likely to reach, judging by the scores in the sample."""
        sample = sample[self._sampled]
        target = PASSAGES_PER_PROFILE * self.depth // self.step + 1
        return float(kth(sample, target)) if target < len(sample) else -np.inf

    def kth_best(self, rows: Rows, scores: NDArray[Any]) -> float:
        """Return the `depth`-th highest profile score. A profile's score is the score of its best passage.

        `rows` are all eligible passages above some threshold; `scores` are the scores of these passages. Return -inf if
        the passages belong to fewer than `depth` profiles.
        """
        starts = group_starts(self.owners[rows])
        return float(kth(group_max(scores, starts), self.depth)) if len(starts) >= self.depth else -np.inf

    def select(self, rows: Rows, exact: NDArray[Any]) -> Rows:
        """Return the `depth` profiles with the highest `exact` scores among the passages `rows`."""
        owners = self.owners[rows]
        starts = group_starts(owners)
        profiles = owners[starts].astype(np.int64)
        return profiles[highest(group_max(exact, starts), self.ties[profiles], self.depth)]

    def above(self, threshold: float, scores: NDArray[Any]) -> Rows:
        """Return the eligible passages whose score is at least `threshold`. `scores` has shape (passages,)."""
        rows = np.flatnonzero(scores >= threshold)
        return rows[self.eligible[self.owners[rows]]]

    def best_of(self, approximate: NDArray[Any], slack: float, exactly: Callable[[Rows], NDArray[Any]]) -> Rows:
        """Return the `depth` profiles with the highest exact scores.

        Args:
            approximate: the approximate score of every passage, shape (passages,).
            slack: twice the greatest possible difference between an approximate score and the exact score.
            exactly: returns the exact scores of the passages with the given row numbers, which are ascending.

        """
        guess = self.guess(approximate[:: self.step]) - slack
        rows = self.above(guess, approximate)
        threshold = self.kth_best(rows, approximate[rows]) - slack
        rows = rows[approximate[rows] >= threshold] if threshold >= guess else self.above(threshold, approximate)
        return self.select(rows, exactly(rows))


def kth(values: NDArray[Any], k: int) -> Any:
    """Return the `k`-th highest of `values`."""
    return np.partition(values, len(values) - k)[len(values) - k]


def highest(scores: Floats, ties: Rows, count: int) -> Rows:
    """Return the positions of the `count` highest scores, best first. Ties go to the lowest rank in `ties`."""
    positions = np.flatnonzero(scores >= kth(scores, count)) if 0 < count < len(scores) else np.arange(len(scores))
    order: Rows = positions[np.lexsort((ties[positions], -scores[positions]))][:count]
    return order
