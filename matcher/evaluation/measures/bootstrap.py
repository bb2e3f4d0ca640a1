"""Bootstrap intervals: how much a figure could change with a different sample of needs.

This module does not use `scipy.stats.bootstrap`, because that function cannot drop the draws in which a ratio is
undefined. The tests compare these intervals with SciPy's intervals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.foundations.arrays import Floats, Ints

DRAWS: Final = 2_000
CONFIDENCE: Final = 0.95
SEED: Final = 20_120_701

# Draws per block. Memory holds at most this many rows at a time, each with one count per need.
_BLOCK: Final = 250


@dataclass(frozen=True)
class Ratio:
    """One ranker's mean for a metric divided by another ranker's mean for the same needs, with an interval.

    `value` is None if the other ranker's mean is 0. An interval bound that is not finite is None.
    """

    value: float | None
    low: float | None
    high: float | None


def intervals(values: Floats, *, seed: int = SEED) -> Floats:
    """Return the percentile interval of each column's mean, shape (metrics, 2).

    `values` has shape (needs, metrics).

    Raises:
        ValueError: `values` has no rows.

    """
    return np.quantile(_means(values, seed), interval_quantiles(), axis=0).T


def ratios(product: Floats, other: Floats, *, seed: int = SEED) -> tuple[Ratio, ...]:
    """Return mean(`product`) / mean(`other`) for each metric.

    Both arguments have shape (needs, metrics), with the same needs in the same order. Each draw resamples the same
    needs for both rankers, so a need that is hard for both does not widen the interval. Draws in which both means are 0
    are dropped.

    Raises:
        ValueError: the shapes differ, or there are no needs.

    """
    if product.shape != other.shape:
        raise ValueError(f"{product.shape} and {other.shape} are not measured on the same needs")
    drawn = _divide(_means(product, seed), _means(other, seed))
    observed = _divide(product.mean(axis=0), other.mean(axis=0))
    return tuple(_ratio(observed[column], drawn[:, column]) for column in range(product.shape[1]))


def _ratio(value: float, drawn: Floats) -> Ratio:
    defined = drawn[~np.isnan(drawn)]
    # "inverted_cdf" picks an actual draw, because it is impossible to interpolate between a number and infinity.
    low, high = np.quantile(defined, interval_quantiles(), method="inverted_cdf") if len(defined) else (np.nan, np.nan)
    return Ratio(_finite(value), _finite(low), _finite(high))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _divide(numerator: Floats, denominator: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return numerator / denominator


def interval_quantiles() -> tuple[float, float]:
    """Return the quantiles of the draws at which an interval starts and ends."""
    return (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2


def resample_counts(count: int, seed: int = SEED) -> Iterator[Ints]:
    """Yield blocks of draws, shape (draws, count), with the number of times each of `count` needs occurs in a draw.

    Raises:
        ValueError: `count` is 0.

    """
    if count == 0:
        raise ValueError("there are no needs to resample")
    rng = np.random.default_rng(seed)
    for done in range(0, DRAWS, _BLOCK):
        yield rng.multinomial(count, np.full(count, 1 / count), size=min(_BLOCK, DRAWS - done))


def _means(values: Floats, seed: int) -> Floats:
    """Draw needs with replacement, and return the column means for each draw, shape (draws, metrics)."""
    # Counts per need are multinomial, so one matrix product gives the means of a block of draws.
    return np.concatenate([block @ values / len(values) for block in resample_counts(len(values), seed)])
