"""Numbers and rules from the law or decided for this product, each with its source."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

# Small or medium: fewer than 250 staff and a turnover of at most £44 million (Companies Act 2006, s.465).
# The test also looks at the balance sheet, which is not in a profile.
SME_MAX_EMPLOYEES: Final = 250
SME_MAX_TURNOVER: Final = 44_000_000.0

# Schemes that include others. A holder of the first holds the others too (NCSC: Cyber Essentials Plus is Cyber
# Essentials with a hands-on audit).
IMPLIED_SCHEMES: Final[dict[str, tuple[str, ...]]] = {"cyberessentialsplus": ("cyberessentials",)}


class Band(StrEnum):
    """A range of probabilities, as a word."""

    STRONG = "strong"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"


# A random supplier wins about one pair in a thousand. "Possible" is ten times that, "strong" a hundred times. These
# are decisions of this product. docs/accuracy.md says how often each band is right.
STRONG_FROM: Final = 0.10
POSSIBLE_FROM: Final = 0.01

# Number of pieces of a profile quoted as evidence, and the least share of the score for a piece to be quoted.
QUOTES: Final = 3
LEAST_QUOTED_SHARE: Final = 0.05


def band_of(probability: float) -> Band:
    """Return the band of `probability`."""
    if probability >= STRONG_FROM:
        return Band.STRONG
    return Band.POSSIBLE if probability >= POSSIBLE_FROM else Band.UNLIKELY
