"""Timing of alternatives in turn, so that a machine that slows down slows them all."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def in_turn(alternatives: dict[str, Callable[[int], object]], rounds: int, warm_up: int = 2) -> dict[str, list[float]]:
    """Run all alternatives in each round and return the seconds each took, by name."""
    seconds: dict[str, list[float]] = {name: [] for name in alternatives}
    for n in range(warm_up + rounds):
        for name, run in alternatives.items():
            started = time.perf_counter()
            run(n)
            if n >= warm_up:
                seconds[name].append(time.perf_counter() - started)
    return seconds


def ratio(of: list[float], to: list[float]) -> float:
    """Return the median over rounds of one's time by the other's."""
    return statistics.median(a / b for a, b in zip(of, to, strict=True))


def median_ms(seconds: list[float]) -> float:
    """Return the median in milliseconds."""
    return statistics.median(seconds) * 1_000
