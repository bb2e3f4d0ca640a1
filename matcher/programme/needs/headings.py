"""Headings: column headings in a form that can be compared."""

from __future__ import annotations

import re
from typing import Final

# What may be added to a heading without changing what the column holds.
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_YEARS: Final = re.compile(r"\b(?:fy ?)?(?:20)?\d\d ?[/-] ?(?:20)?\d\d\b|\b(?:fy ?)?20\d\d\b")
_UNITS: Final = re.compile(
    r"[£€$]|\b(?:gbp|eur|usd|k|m|000s?|000 s|thousands?|millions?|pounds|sterling|dd mm yy(?:yy)?|yyyy mm dd)\b"
)
_VAT: Final = re.compile(
    r"\b(?:inc|incl|including|inclusive of|ex|exc|excl|excluding|exclusive of|net of|with|without) vat\b"
)
_FILLERS: Final = re.compile(
    r"\b(?:estimated|estimate|est|anticipated|indicative|expected|proposed|planned|forecast|approximate|approx|likely"
    r"|potential|provisional|target|projected|total|overall|aggregate|maximum|max|current|the|if known|if available"
    r"|s)\b"
)


def key_of(heading: str) -> str:
    """Return `heading` in lower case, with single spaces in place of punctuation."""
    return " ".join(re.sub(r"[^\w£]+|_", " ", heading.casefold()).split())


def reduced_key_of(heading: str) -> str:
    """Return the key of `heading` without units, brackets, years and words that only say how sure the content is."""
    text = _YEARS.sub(" ", _BRACKETS.sub(" ", heading.casefold()) or heading.casefold())
    words = key_of(text)
    for pattern in (_VAT, _UNITS, _FILLERS):
        words = " ".join(pattern.sub(" ", words).split())
    return words
