"""Numbers and rules that come from the law or were chosen for this product, each with its source."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

# Small or medium: fewer than 250 staff and a turnover of at most £44 million (Procurement Act 2023, section 123).
# The law also accepts a balance sheet of at most £38 million, which is not in a profile.
SME_MAX_EMPLOYEES: Final = 250
SME_MAX_TURNOVER: Final = 44_000_000.0

# The standard rate of value added tax in the United Kingdom since 4 January 2011 (Value Added Tax Act 1994, section 2).
VAT_STANDARD_RATE: Final = 0.20

# Schemes that include others: whoever holds the scheme in the key also holds the schemes in the value (NCSC: Cyber
# Essentials Plus is Cyber Essentials with a hands-on audit).
IMPLIED_SCHEMES: Final[dict[str, tuple[str, ...]]] = {"cyberessentialsplus": ("cyberessentials",)}


class Band(StrEnum):
    """A word for a range of probabilities."""

    STRONG = "strong"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"


# The lowest probability in each band, chosen for this product. A strong match is more likely suitable than not. Below
# "possible", fewer than one in seven are suitable. docs/accuracy.md says how often each band is right.
STRONG_FROM: Final = 0.50
POSSIBLE_FROM: Final = 0.15

# The maximum number of pieces to quote as evidence from a profile, and the minimum share for pieces after the first.
QUOTES: Final = 3
LEAST_QUOTED_SHARE: Final = 0.05
# The maximum number of pieces that reasons may refer to. A piece is taken to be as close to the need as the best piece
# if its share is at least this part of the best share.
MAX_CLOSE_PIECES: Final = 12
CLOSE_SHARE: Final = 0.25
# The maximum number of reasons, and how many of them may be cautions: facts that are unknown or do not fit.
MAX_REASONS: Final = 6
MAX_CAUTIONS: Final = 4
# Turnover of at least this many times the value of a need is enough. Regulation 58(9) of the Public Contracts
# Regulations 2015 did not let a buyer ask for more.
ENOUGH_TURNOVER: Final = 2.0


def band_of(probability: float) -> Band:
    """Return the band of `probability`."""
    if probability >= STRONG_FROM:
        return Band.STRONG
    return Band.POSSIBLE if probability >= POSSIBLE_FROM else Band.UNLIKELY
