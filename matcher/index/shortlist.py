"""Cut: who may be among the best, found from rough scores, so that few need exact ones and none is lost.

Every rough score lies within a known distance of the exact one. If `depth` profiles reach a rough best of at
least c, then whoever belongs to the `depth` exactly best has a passage whose rough score is at least c less twice
that distance: each of those `depth` profiles is exactly at least c less once the distance, and so is he, and
roughly once more below. All passages above that line are scored exactly, and the cut is made among those.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matcher.foundations.arrays import Floats, Mask, Rows
from matcher.foundations.row_groups import best, starts_of

# Rough scores looked at to guess the line, and how many times `depth` passages should lie above the guess: profiles
# have several passages, and those of one may all be close. A bad guess costs time, never a profile.
SAMPLE: Final = 16_384
PASSAGES_A_PROFILE: Final = 4


@dataclass(frozen=True)
class TopK:
    """Those among whom the best are looked for.

    Attributes:
        owners: the profile of each passage, ascending.
        ties: the place of each profile among equals.
        eligible: mask over profiles.
        depth: how many are wanted; more are eligible.

    """

    owners: NDArray[np.int32]
    ties: Rows
    eligible: Mask
    depth: int

    @cached_property
    def all_wanted(self) -> bool:
        """Whether no more are eligible than are wanted."""
        return int(self.eligible.sum()) <= self.depth

    @property
    def step(self) -> int:
        """Every how many passages one is in the sample, whoever is eligible."""
        return max(1, len(self.owners) // SAMPLE)

    @cached_property
    def _sampled(self) -> Mask:
        """Which passages of the sample are eligible."""
        sampled: Mask = self.eligible[self.owners[:: self.step]]
        return sampled

    def guess(self, sampled: NDArray[Any]) -> float:
        """Return a line that about as many passages as are needed should reach, from the scores of the sample."""
        sampled = sampled[self._sampled]
        wanted = PASSAGES_A_PROFILE * self.depth // self.step + 1
        return float(kth(sampled, wanted)) if wanted < len(sampled) else -np.inf

    def line(self, rows: Rows, rough: NDArray[Any]) -> float:
        """Return the rough score that `depth` profiles reach, given all eligible passages `rows` above some other line.

        Minus infinity where they are of fewer profiles.
        """
        starts = starts_of(self.owners[rows])
        return float(kth(best(rough, starts), self.depth)) if len(starts) >= self.depth else -np.inf

    def chosen(self, rows: Rows, exact: NDArray[Any]) -> Rows:
        """Return the `depth` profiles with the highest exact score among passages `rows`."""
        owners = self.owners[rows]
        starts = starts_of(owners)
        profiles = owners[starts].astype(np.int64)
        return profiles[highest(best(exact, starts), self.ties[profiles], self.depth)]

    def above(self, line: float, rough: NDArray[Any]) -> Rows:
        """Return the eligible passages whose rough score, shape (passages,), reaches `line`."""
        rows = np.flatnonzero(rough >= line)
        return rows[self.eligible[self.owners[rows]]]

    def best_of(self, rough: NDArray[Any], slack: float, exactly: Callable[[Rows], NDArray[Any]]) -> Rows:
        """Return the `depth` best profiles, given the rough scores of all passages and the way to exact ones."""
        guessed = self.guess(rough[:: self.step]) - slack
        rows = self.above(guessed, rough)
        line = self.line(rows, rough[rows]) - slack
        rows = rows[rough[rows] >= line] if line >= guessed else self.above(line, rough)
        return self.chosen(rows, exactly(rows))


def kth(values: NDArray[Any], k: int) -> Any:
    """Return the `k`-th highest of `values`."""
    return np.partition(values, len(values) - k)[len(values) - k]


def highest(scores: Floats, ties: Rows, count: int) -> Rows:
    """Return the positions of the `count` highest scores; among equal ones the lowest `ties` come first."""
    positions = np.flatnonzero(scores >= kth(scores, count)) if 0 < count < len(scores) else np.arange(len(scores))
    order: Rows = positions[np.lexsort((ties[positions], -scores[positions]))][:count]
    return order
