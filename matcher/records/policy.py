"""Policy: the numbers and rules that come from law or from a decision of this product, each with its source."""

from __future__ import annotations

from typing import Final

# Small or medium: fewer than 250 staff and a turnover of at most £44 million (Companies Act 2006, s.465).
# The balance sheet, the test's other arm, is not in a profile.
SME_MAX_EMPLOYEES: Final = 250
SME_MAX_TURNOVER: Final = 44_000_000.0

# A scheme that includes another: who holds the first holds the second (NCSC: Cyber Essentials Plus is
# Cyber Essentials with a hands-on audit).
IMPLIED_SCHEMES: Final[dict[str, tuple[str, ...]]] = {"cyberessentialsplus": ("cyberessentials",)}
