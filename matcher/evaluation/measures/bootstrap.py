"""Bootstrap over needs: how far a figure may move with the choice of needs it was measured on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.foundations.arrays import Floats

DRAWS: Final = 2_000
CONFIDENCE: Final = 0.95
SEED: Final = 20_120_701

# Draws worked on at once; bounds the memory at this many rows of one weight a need.
_BLOCK: Final = 250


@dataclass(frozen=True)
class Ratio:
    """A figure of one ranker over that of another on the same needs. None where the other's is 0 throughout."""

    value: float | None
    low: float | None
    high: float | None


def intervals(values: Floats, *, seed: int = SEED) -> Floats:
    """Return the percentile interval of each column's mean, shape (metrics, 2), for `values` (needs, metrics).

    Raises:
        ValueError: there is no need.

    """
    return np.quantile(_means(values, seed), interval_quantiles(), axis=0).T


def ratios(ours: Floats, theirs: Floats, *, seed: int = SEED) -> tuple[Ratio, ...]:
    """Return mean(ours) / mean(theirs) for each metric, both of shape (needs, metrics), needs paired.

    Each draw takes the same needs for both, so what makes a need hard for both does not widen the interval.
    Draws in which both means are 0 say nothing and are left out; a bound that is infinite is None.

    Raises:
        ValueError: the shapes differ, or there is no need.

    """
    if ours.shape != theirs.shape:
        raise ValueError(f"{ours.shape} and {theirs.shape} are not measured on the same needs")
    drawn = _divide(_means(ours, seed), _means(theirs, seed))
    whole = _divide(ours.mean(axis=0), theirs.mean(axis=0))
    return tuple(_ratio(whole[column], drawn[:, column]) for column in range(ours.shape[1]))


def _ratio(value: float, drawn: Floats) -> Ratio:
    kept = drawn[~np.isnan(drawn)]
    # "inverted_cdf" takes a draw as it is: between a number and infinity there is nothing to interpolate.
    low, high = np.quantile(kept, interval_quantiles(), method="inverted_cdf") if len(kept) else (np.nan, np.nan)
    return Ratio(_finite(value), _finite(low), _finite(high))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _divide(above: Floats, below: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return above / below


def interval_quantiles() -> tuple[float, float]:
    """Return between which quantiles of the draws an interval lies."""
    return (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2


def resample_counts(count: int, seed: int = SEED) -> Iterator[NDArray[np.int64]]:
    """Yield how often each of `count` needs is drawn, a block of draws at a time, each of shape (draws, count).

    Raises:
        ValueError: there is no need.

    """
    if count == 0:
        raise ValueError("there is no need to draw from")
    rng = np.random.default_rng(seed)
    for done in range(0, DRAWS, _BLOCK):
        yield rng.multinomial(count, np.full(count, 1 / count), size=min(_BLOCK, DRAWS - done))


def _means(values: Floats, seed: int) -> Floats:
    """Return the column means of each draw of needs with replacement, shape (draws, metrics)."""
    # How often each need is drawn is multinomial, so the mean of a draw is one row of a product.
    return np.concatenate([block @ values / len(values) for block in resample_counts(len(values), seed)])
