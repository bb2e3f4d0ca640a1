"""Time alternatives in turn, so that a slow phase of the machine affects all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def take_turns(
    alternatives: dict[str, Callable[[int], object]], rounds: int, warm_up: int = 2
) -> dict[str, list[float]]:
    """Run all alternatives in each round. Return the seconds per round by name, leaving out warm-up rounds."""
    seconds: dict[str, list[float]] = {name: [] for name in alternatives}
    for n in range(warm_up + rounds):
        for name, run in alternatives.items():
            started = time.perf_counter()
            run(n)
            if n >= warm_up:
                seconds[name].append(time.perf_counter() - started)
    return seconds


def ratio(numerator: list[float], denominator: list[float]) -> float:
    """Return the ratio of two times, as the median over all rounds."""
    return statistics.median(a / b for a, b in zip(numerator, denominator, strict=True))


def median_ms(seconds: list[float]) -> float:
    """Return the median of `seconds` in milliseconds."""
    return statistics.median(seconds) * 1_000
