"""Metrics of one ranked answer, with rank ties counted at their mean.

Each takes the answer to one need as a `TiedRanking`: profiles of equal score form a group, whose members
stand in every order equally often. What a metric is then expected to be, over those orders, is its value
here; where that has no plain form (the reciprocal rank) the rank is averaged first, as its docstring says.
A ranker gains nothing by giving many profiles one score, nor by the order of the register.

For a group: s profiles stand before it, n in it, r of them relevant. At depth k it fills
m = min(max(k - s, 0), n) of the first k places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from matcher.foundations.arrays import Floats, Ints

# The metrics of a report, in the order of the columns of `measure`.
METRICS: Final = ("mrr", "hit@1", "hit@5", "hit@10", "ndcg@10", "recall@100")


@dataclass(frozen=True)
class TiedRanking:
    """The groups of equal score of one answer, best first; every array has shape (groups,).

    `before` is s, `size` n, `relevant` r, `gain` the sum of 2^grade - 1 over the group.
    `best_gains`, shape (relevant profiles,), holds every gain above 0, largest first.
    """

    before: Ints
    size: Ints
    relevant: Ints
    gain: Floats
    best_gains: Floats

    @classmethod
    def of(cls, scores: Floats, grades: Ints) -> Self:
        """Group `scores`, shape (profiles,), higher better, with the `grades` of the same profiles.

        Profiles that were not retrieved have the score -inf: they form the last group.

        Raises:
            ValueError: the shapes differ, a score is not a number, or no profile is relevant.

        """
        if scores.shape != grades.shape or scores.ndim != 1:
            raise ValueError(f"scores {scores.shape} and grades {grades.shape} are not one value a profile")
        if np.isnan(scores).any():
            raise ValueError("a score is not a number")
        if not (grades > 0).any():
            raise ValueError("no profile is relevant")
        _, group, size = np.unique(-scores, return_inverse=True, return_counts=True)
        gains = np.exp2(np.maximum(grades, 0).astype(np.float64)) - 1.0
        relevant = np.bincount(group, weights=grades > 0, minlength=len(size)).astype(np.int64)
        gain = np.bincount(group, weights=gains, minlength=len(size)).astype(np.float64)
        return cls(np.cumsum(size) - size, size.astype(np.int64), relevant, gain, np.sort(gains[grades > 0])[::-1])

    def places(self, k: int) -> Ints:
        """Return m of each group: how many of the first `k` places its members fill, shape (groups,)."""
        filled: Ints = np.clip(k - self.before, 0, self.size)
        return filled

    def first(self) -> int:
        """Return the position of the first group with a relevant profile."""
        return int(np.argmax(self.relevant > 0))


def first_relevant_rank(ranking: TiedRanking) -> float:
    """Return s + (n + 1) / (r + 1) for the first group with a relevant profile.

    It is the mean rank, over all orders of the group, of the first relevant profile in it.
    """
    g = ranking.first()
    return float(ranking.before[g] + (ranking.size[g] + 1) / (ranking.relevant[g] + 1))


def reciprocal_rank(ranking: TiedRanking) -> float:
    """Return the reciprocal of `first_relevant_rank`. Averaged over needs this is the MRR."""
    return 1.0 / first_relevant_rank(ranking)


def hit(ranking: TiedRanking, k: int) -> float:
    """Return the probability that a relevant profile stands in the first `k` places.

    1 - C(n - r, m) / C(n, m) for the first group with a relevant profile: later groups come into the first
    k places only when all of that group is in already.
    """
    g = ranking.first()
    size, others = int(ranking.size[g]), int(ranking.size[g] - ranking.relevant[g])
    drawn = np.arange(int(ranking.places(k)[g]))
    return float(1.0 - np.prod(np.maximum(others - drawn, 0) / (size - drawn)))


def ndcg(ranking: TiedRanking, k: int) -> float:
    """Return DCG@k / ideal DCG@k, gain 2^grade - 1, discount 1 / log2(1 + rank).

    Every member of a group carries the mean gain of its group, which makes DCG its expectation. The ideal
    is the best order of the profiles judged, of which as many count as there are places.
    """
    discounts = 1.0 / np.log2(np.arange(2, k + 2))
    at_each_place = np.repeat(ranking.gain / ranking.size, ranking.places(k))
    ideal = ranking.best_gains[:k]
    return float(at_each_place @ discounts[: len(at_each_place)] / (ideal @ discounts[: len(ideal)]))


def recall(ranking: TiedRanking, k: int) -> float:
    """Return the expected share of the relevant profiles in the first `k` places: sum of r m / n, over all r."""
    found = ranking.relevant * ranking.places(k) / ranking.size
    return float(found.sum() / ranking.relevant.sum())


def measure(scores: Floats, grades: Ints) -> Floats:
    """Return every metric of `METRICS` for one need, shape (metrics,); arguments as for `TiedRanking.of`."""
    ranking = TiedRanking.of(scores, grades)
    hits = [hit(ranking, k) for k in (1, 5, 10)]
    return np.array([reciprocal_rank(ranking), *hits, ndcg(ranking, 10), recall(ranking, 100)])
