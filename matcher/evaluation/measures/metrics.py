"""Metrics for one ranked answer, averaged over the order of tied profiles.

Each metric takes the answer to one need as a `TiedRanking`. Profiles with equal scores form a group, in which every
order is equally likely. The value of a metric is its expectation over those orders, except for the reciprocal rank,
which averages the rank first. A ranker gains nothing by giving many profiles the same score, and nothing from the
register order.

For each group, s is the number of profiles before the group, n is the size of the group, and r is the number of
relevant profiles in the group. At depth k, the group fills m = min(max(k - s, 0), n) of the first k places.

The metrics are computed here, because `ir_measures` breaks ties by id. Scikit-learn's `ndcg_score` also averages ties,
but it refuses the score -inf for profiles that were not retrieved, and it takes seven times as long. The tests compare
the metrics with both libraries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from matcher.foundations.arrays import Floats, Ints

# The metrics in a report, in the order in which `measure` returns them.
METRICS: Final = ("mrr", "hit@1", "hit@5", "hit@10", "ndcg@10", "recall@100")


@dataclass(frozen=True)
class TiedRanking:
    """The groups of equal scores in one answer, best first. Every array has shape (groups,) unless stated otherwise.

    `before` is s, `size` is n and `relevant` is r, as defined for the module. `gain` is the sum of 2^grade - 1 over the
    group. `best_gains`, shape (relevant profiles,), holds every gain above 0, largest first.
    """

    before: Ints
    size: Ints
    relevant: Ints
    gain: Floats
    best_gains: Floats

    @classmethod
    def of(cls, scores: Floats, grades: Ints) -> Self:
        """Group profiles by score. `scores` (higher is better) and `grades` both have shape (profiles,).

        Profiles that were not retrieved have a score of -inf and form the last group.

        Raises:
            ValueError: the shapes differ, a score is NaN, or no profile is relevant.

        """
        if scores.shape != grades.shape or scores.ndim != 1:
            raise ValueError(f"scores {scores.shape} and grades {grades.shape} do not have one value per profile")
        if np.isnan(scores).any():
            raise ValueError("a score is not a number")
        if not (grades > 0).any():
            raise ValueError("no profile is relevant")
        _, group, size = np.unique(-scores, return_inverse=True, return_counts=True)
        gains = np.exp2(np.maximum(grades, 0).astype(np.float64)) - 1.0
        relevant = np.bincount(group, weights=grades > 0, minlength=len(size)).astype(np.int64)
        gain = np.bincount(group, weights=gains, minlength=len(size)).astype(np.float64)
        return cls(np.cumsum(size) - size, size.astype(np.int64), relevant, gain, np.sort(gains[grades > 0])[::-1])

    def filled_places(self, k: int) -> Ints:
        """Return m for each group, shape (groups,): how many of the first `k` places the group fills."""
        filled: Ints = np.clip(k - self.before, 0, self.size)
        return filled

    def first_relevant_group(self) -> int:
        """Return the position of the first group that contains a relevant profile."""
        return int(np.argmax(self.relevant > 0))


def first_relevant_rank(ranking: TiedRanking) -> float:
    """Return s + (n + 1) / (r + 1) for the first group with a relevant profile.

    This is the expected rank of the first relevant profile.
    """
    g = ranking.first_relevant_group()
    return float(ranking.before[g] + (ranking.size[g] + 1) / (ranking.relevant[g] + 1))


def reciprocal_rank(ranking: TiedRanking) -> float:
    """Return the reciprocal of `first_relevant_rank`. Averaged over needs, this is the MRR."""
    return 1.0 / first_relevant_rank(ranking)


def hit(ranking: TiedRanking, k: int) -> float:
    """Return the probability that at least one relevant profile is among the first `k`.

    The probability is 1 - C(n - r, m) / C(n, m) for the first group with a relevant profile. Later groups do not
    matter: they reach the first `k` places only if all of that first group is already there.
    """
    g = ranking.first_relevant_group()
    size, others = int(ranking.size[g]), int(ranking.size[g] - ranking.relevant[g])
    drawn = np.arange(int(ranking.filled_places(k)[g]))
    return float(1.0 - np.prod(np.maximum(others - drawn, 0) / (size - drawn)))


def ndcg(ranking: TiedRanking, k: int) -> float:
    """Return DCG@k / ideal DCG@k, with gain 2^grade - 1 and discount 1 / log2(1 + rank).

    Each member of a group is given the group's mean gain, so the result is the expectation over the order of ties.
    The ideal is the best order of the judged profiles, cut off at `k`.
    """
    discounts = 1.0 / np.log2(np.arange(2, k + 2))
    gain_by_place = np.repeat(ranking.gain / ranking.size, ranking.filled_places(k))
    ideal = ranking.best_gains[:k]
    return float(gain_by_place @ discounts[: len(gain_by_place)] / (ideal @ discounts[: len(ideal)]))


def recall(ranking: TiedRanking, k: int) -> float:
    """Return the expected share of the relevant profiles that are among the first `k`: Σ r·m/n divided by Σ r."""
    retrieved = ranking.relevant * ranking.filled_places(k) / ranking.size
    return float(retrieved.sum() / ranking.relevant.sum())


def measure(scores: Floats, grades: Ints) -> Floats:
    """Return every metric in `METRICS` for one need, shape (metrics,). The arguments are as for `TiedRanking.of`."""
    ranking = TiedRanking.of(scores, grades)
    hits = [hit(ranking, k) for k in (1, 5, 10)]
    return np.array([reciprocal_rank(ranking), *hits, ndcg(ranking, 10), recall(ranking, 100)])
