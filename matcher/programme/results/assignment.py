"""Assignment: one partner for each need such that none is given more needs than it has room for.

Who stands first in many lists cannot take them all. The best assignment serves as many needs as can be served,
and among those ways is the one with the highest sum of probabilities. It is a flow of least cost, here solved as
a linear programme: its corners are whole numbers, and the solver returns a corner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import maximum_flow

from matcher.foundations.errors import MatcherError

# (need, supplier id, rank, probability): a supplier shown for a need.
Pair = tuple[int, str, int, float]


@dataclass(frozen=True)
class Assignment:
    """Which supplier each need is given, by the need's number; needs nobody has room for are left out.

    `probability` is the sum over the needs served, `first_choices` counts those given the first of their list,
    `suppliers` how many different ones serve, `most` the most needs one of them is given.
    """

    chosen: dict[int, Pair]

    @property
    def served(self) -> int:
        """How many needs have a partner."""
        return len(self.chosen)

    @property
    def probability(self) -> float:
        """The sum of the probabilities."""
        return float(sum(pair[3] for pair in self.chosen.values()))

    @property
    def first_choices(self) -> int:
        """How many needs have the first of their list."""
        return sum(pair[2] == 1 for pair in self.chosen.values())

    @property
    def loads(self) -> Counter[str]:
        """How many needs each supplier is given."""
        return Counter(pair[1] for pair in self.chosen.values())


def unlimited(pairs: Iterable[Pair]) -> Assignment:
    """Give each need the first of its list, however many that gives to one supplier."""
    return Assignment({pair[0]: pair for pair in pairs if pair[2] == 1})


def greedy(pairs: Sequence[Pair], capacity: int) -> Assignment:
    """Go through the pairs, the most probable first, and give a need its supplier where both are still free."""
    chosen: dict[int, Pair] = {}
    loads: Counter[str] = Counter()
    for pair in sorted(pairs, key=lambda pair: (-pair[3], pair[0], pair[1])):
        if pair[0] not in chosen and loads[pair[1]] < capacity:
            chosen[pair[0]] = pair
            loads[pair[1]] += 1
    return Assignment(dict(sorted(chosen.items())))


def optimal(pairs: Sequence[Pair], capacity: int) -> Assignment:
    """Serve as many needs as can be, then with the highest sum of probabilities.

    The answer depends on what is given alone, not on its order: pairs are laid out by need and by supplier id.

    Raises:
        MatcherError: the solver failed, which it has no reason to.

    """
    if not pairs:
        return Assignment({})
    pairs = sorted(pairs)
    needs = np.unique([pair[0] for pair in pairs], return_inverse=True)[1]
    suppliers = np.unique(np.array([pair[1] for pair in pairs], dtype=object), return_inverse=True)[1]
    rows = vstack([_incidence(needs), _incidence(suppliers), csr_array(np.ones((1, len(pairs))))], format="csr")
    limits = np.concatenate([np.ones(needs.max() + 1), np.full(suppliers.max() + 1, float(capacity))])
    solved = linprog(
        -np.array([pair[3] for pair in pairs]),
        A_ub=rows[:-1],
        b_ub=limits,
        A_eq=rows[-1:],
        b_eq=[_most_served(needs, suppliers, capacity)],
        bounds=(0, 1),
        method="highs-ds",
    )
    if solved.x is None:
        raise MatcherError(f"the assignment could not be solved: {solved.message}")
    return Assignment({pair[0]: pair for pair, share in zip(pairs, solved.x, strict=True) if share > 0.5})


def _incidence(owners: NDArray[np.int64]) -> csr_array:
    """Return a row an owner with a 1 for each of its pairs, shape (owners, pairs)."""
    return csr_array((np.ones(len(owners)), (owners, np.arange(len(owners)))))


def _most_served(needs: NDArray[np.int64], suppliers: NDArray[np.int64], capacity: int) -> int:
    """Return how many needs can be served at once: the greatest flow from needs to suppliers."""
    count, others = int(needs.max()) + 1, int(suppliers.max()) + 1
    source, sink, first = count + others, count + others + 1, count
    start = np.concatenate([np.full(count, source), needs, np.arange(others) + first])
    end = np.concatenate([np.arange(count), suppliers + first, np.full(others, sink)])
    room = np.concatenate([np.ones(count + len(needs)), np.full(others, min(capacity, count))]).astype(np.int32)
    graph = csr_array((room, (start, end)), shape=(sink + 1, sink + 1))
    return int(maximum_flow(graph, source, sink).flow_value)
