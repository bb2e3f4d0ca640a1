"""Policy: the numbers and rules that come from law or from a decision of this product, each with its source."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

# Small or medium: fewer than 250 staff and a turnover of at most £44 million (Companies Act 2006, s.465).
# The balance sheet, the test's other arm, is not in a profile.
SME_MAX_EMPLOYEES: Final = 250
SME_MAX_TURNOVER: Final = 44_000_000.0

# A scheme that includes another: who holds the first holds the second (NCSC: Cyber Essentials Plus is
# Cyber Essentials with a hands-on audit).
IMPLIED_SCHEMES: Final[dict[str, tuple[str, ...]]] = {"cyberessentialsplus": ("cyberessentials",)}


class Band(StrEnum):
    """A word for a range of probabilities."""

    STRONG = "strong"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"


# A supplier drawn at random wins about one pair in a thousand; "possible" is ten times that, "strong" a
# hundred times. A decision of this product: see docs/accuracy.md for how often each band is right.
STRONG_FROM: Final = 0.10
POSSIBLE_FROM: Final = 0.01

# How many pieces of a profile are quoted as evidence, and the share in the score below which one is not.
QUOTES: Final = 3
LEAST_QUOTED_SHARE: Final = 0.05


def band_of(probability: float) -> Band:
    """Return the band that `probability` falls in."""
    if probability >= STRONG_FROM:
        return Band.STRONG
    return Band.POSSIBLE if probability >= POSSIBLE_FROM else Band.UNLIKELY
