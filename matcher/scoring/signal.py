"""What piece signals and profile signals have in common."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Signal:
    """A named number that measures one way in which a need and a profile fit. Higher is better.

    Attributes:
        name: its name in models, contributions and the ledger.
        meaning: what it is, in words.
        low, high: the range of its values.

    """

    name: str
    meaning: str
    low: float
    high: float
