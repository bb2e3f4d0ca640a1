"""The base class of piece signals and profile signals."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Signal:
    """A named number that measures one aspect of how well a need and a profile fit together. Higher is better.

    Attributes:
        name: the name of the signal in models, contributions and the ledger.
        meaning: what the signal measures, in words.
        low, high: the lowest and highest possible value of the signal.

    """

    name: str
    meaning: str
    low: float
    high: float
