"""Assignment: gives each need at most one supplier, and no supplier more needs than its capacity.

A supplier that is ranked first for many needs cannot take them all. The best assignment serves as many needs as
possible and, among the ways to do so, has the highest sum of probabilities. This is a minimum-cost flow problem, solved
here as a linear programme. The solver returns a vertex, and all coordinates of every vertex are whole numbers.

The functions take a data frame with one row per pair. Its columns are need (a number), supplier (an id), rank and
probability.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import maximum_flow

from matcher.foundations.errors import MatcherError

if TYPE_CHECKING:
    import pandas as pd


class AssignedSupplier(NamedTuple):
    """The supplier assigned to a need, with that supplier's rank and probability for the need."""

    supplier: str
    rank: int
    probability: float


@dataclass(frozen=True)
class Assignment:
    """An assignment of suppliers to needs: `pairs` has one row per served need, sorted by need number."""

    pairs: pd.DataFrame

    @property
    def served(self) -> int:
        """The number of needs with a supplier."""
        return len(self.pairs)

    @property
    def probability(self) -> float:
        """The sum of the probabilities."""
        return float(sum(self.pairs["probability"]))

    @property
    def first_choices(self) -> int:
        """The number of needs served by the supplier that is ranked first for them."""
        return int((self.pairs["rank"] == 1).sum())

    @property
    def loads(self) -> Counter[str]:
        """The number of needs given to each supplier."""
        return Counter(self.pairs["supplier"])

    def by_need(self) -> dict[int, AssignedSupplier]:
        """Return the assigned suppliers by need number. Needs that are not served are left out."""
        columns = (self.pairs[name].tolist() for name in ("need", *AssignedSupplier._fields))
        return {need: AssignedSupplier(*values) for need, *values in zip(*columns, strict=True)}


def unlimited(pairs: pd.DataFrame) -> Assignment:
    """Give each need the supplier ranked first for it, however many needs that supplier gets."""
    return Assignment(pairs[pairs["rank"] == 1])


def greedy(pairs: pd.DataFrame, capacity: int) -> Assignment:
    """Assign pairs one by one, most probable first.

    A pair is assigned if its need has no supplier yet and its supplier has capacity left.
    """
    rows: dict[int, Hashable] = {}
    loads: Counter[str] = Counter()
    order = pairs.sort_values(["probability", "need", "supplier"], ascending=[False, True, True])
    for row, need, supplier in zip(order.index, order["need"], order["supplier"], strict=True):
        if need not in rows and loads[supplier] < capacity:
            rows[need] = row
            loads[supplier] += 1
    return Assignment(pairs.loc[[rows[need] for need in sorted(rows)]])


def optimal(pairs: pd.DataFrame, capacity: int) -> Assignment:
    """Serve as many needs as possible, then maximise the sum of probabilities. The order of `pairs` does not matter.

    Raises:
        MatcherError: the solver failed. This is not expected.

    """
    if pairs.empty:
        return Assignment(pairs)
    pairs = pairs.sort_values(["need", "supplier"])
    needs, suppliers = (pairs[column].factorize(sort=True)[0] for column in ("need", "supplier"))
    rows = vstack([_incidence(needs), _incidence(suppliers), csr_array(np.ones((1, len(pairs))))], format="csr")
    limits = np.concatenate([np.ones(needs.max() + 1), np.full(suppliers.max() + 1, float(capacity))])
    solution = linprog(
        -pairs["probability"].to_numpy(),
        A_ub=rows[:-1],
        b_ub=limits,
        A_eq=rows[-1:],
        b_eq=[_max_served(needs, suppliers, capacity)],
        bounds=(0, 1),
        method="highs-ds",
    )
    if solution.x is None:
        raise MatcherError(f"the assignment problem could not be solved: {solution.message}")
    return Assignment(pairs[solution.x > 0.5])


def _incidence(owners: NDArray[np.int64]) -> csr_array:
    """Return a matrix of shape (owners, pairs), with a 1 where a pair belongs to an owner."""
    return csr_array((np.ones(len(owners)), (owners, np.arange(len(owners)))))


def _max_served(needs: NDArray[np.int64], suppliers: NDArray[np.int64], capacity: int) -> int:
    """Return how many needs can be served at the same time: the maximum flow from needs to suppliers."""
    need_count, supplier_count = int(needs.max()) + 1, int(suppliers.max()) + 1
    source, sink = need_count + supplier_count, need_count + supplier_count + 1
    start = np.concatenate([np.full(need_count, source), needs, np.arange(supplier_count) + need_count])
    end = np.concatenate([np.arange(need_count), suppliers + need_count, np.full(supplier_count, sink)])
    limits = [np.ones(need_count + len(needs)), np.full(supplier_count, min(capacity, need_count))]
    graph = csr_array((np.concatenate(limits).astype(np.int32), (start, end)), shape=(sink + 1, sink + 1))
    return int(maximum_flow(graph, source, sink).flow_value)
