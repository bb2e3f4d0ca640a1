"""Amounts: reads what people write in a cell for the value of a need."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# The factor for each unit that follows or stands before an amount.
_UNITS: Final = {
    "": 1.0,
    "k": 1e3, "000s": 1e3, "000": 1e3, "thousand": 1e3, "thousands": 1e3,
    "m": 1e6, "mn": 1e6, "mln": 1e6, "million": 1e6, "millions": 1e6,
    "bn": 1e9, "b": 1e9, "billion": 1e9,
}  # fmt: skip
_UNIT: Final = r"(?:thousands?|millions?|mln|mn|billion|bn|000s|k|m|b)"
_POUNDS: Final = frozenset(
    {"gbp", "£", "pounds", "pound", "sterling", "pounds sterling", "gb pounds", "uk pounds", "ukp"}
)
# Signs and codes of other currencies. Any other code of three letters is not a currency that this module knows.
_CURRENCY: Final = re.compile(
    r"€|\$|¥|₹|\b(?:eur|euros?|usd|dollars?|jpy|yen|chf|aud|cad|nzd|inr|cny|sek|nok|dkk|pln|zar|aed|sar|hkd|sgd)\b"
)
_AMOUNT: Final = re.compile(rf"(?:(?P<before>000s|000) )?(?P<number>\d[\d.,' ]*\d|\d) ?(?P<unit>{_UNIT}\b)?", re.I)
_RANGE: Final = re.compile(r"(?:(?<!\s)\s+)?(?:-|–|—|\bto\b|\band\b)\s*")
_AT_MOST: Final = re.compile(
    r"^(?:up to|under|below|less than|no more than|not exceeding|max(?:imum)?(?: of)?|<=?|≤)\s*"
)
_ABOUT: Final = re.compile(
    r"^(?:circa|ca\.?|c\.?|approx(?:imately)?\.?|about|around|est(?:imated)?\.?|~|≈|over|above|more than|at least"
    r"|min(?:imum)?(?: of)?|from|>=?|≥|between)\s*"
)
# What may follow an amount without changing it.
_AFTER: Final = re.compile(
    r"(?:(?<!\s)\s+)?"
    r"(?:\+|gbp|pounds(?: sterling)?|sterling|\(?(?:ex|exc|excl|excluding|inc|incl|including|plus|\+) ?\.? ?vat\)?"
    r"|\(?(?:total|est|estimated|approx|tbc|indicative)\)?\.?|in total|or less|max(?:imum)?)\s*$"
)


@dataclass(frozen=True)
class CellAmount:
    """An amount in pounds. `note` says how the text was understood if it is not a plain amount, or ""."""

    pounds: float
    note: str = ""


def other_currency(text: str) -> str | None:
    """Return the sign or code of a currency other than pounds in `text`, or None."""
    found = _CURRENCY.search(text.casefold())
    return found.group().upper() if found else None


def is_pounds(text: str) -> bool:
    """Return whether `text` names the currency pounds sterling, or is empty."""
    return not text.strip() or text.casefold().strip() in _POUNDS


def unit_of_heading(heading: str) -> float:
    """Return the factor for amounts in a column with this heading: 1,000 for "Value (£000s)" or "Budget £k"."""
    words = re.findall(r"£? ?(?:000s|'?000\b|k\b|m\b|thousands?\b|millions?\b)", heading.casefold())
    unit = re.sub(r"[£' ]", "", words[0]) if words else ""
    return _UNITS.get(unit, 1.0)


def read_amount(text: str, factor: float = 1.0) -> CellAmount | None:
    """Return the amount that `text` states, or None if it states none.

    A range counts as its upper end. `factor` applies to a number without a unit of its own.
    """
    plain = " ".join(text.casefold().replace("’", "'").split()).replace("£", "")
    plain = re.sub(r"^gbp ?", "", plain.strip()).strip()
    bare = re.sub(r"^gbp ?", "", _ABOUT.sub("", _AT_MOST.sub("", plain)))
    ends = _RANGE.split(bare)
    if len(ends) == 2 and all(ends):
        return _upper(ends, factor)
    pounds = _pounds(bare, factor)
    if pounds is None:
        return None
    is_plain = bare == plain and not _AFTER.search(plain)
    return CellAmount(pounds, "" if is_plain else f"taken as {pounds:,.0f}")


def _upper(ends: list[str], factor: float) -> CellAmount | None:
    """Return the upper end of a range. In "250-300k", the unit of the upper end is that of both."""
    low, high = (_pounds(end.removeprefix("gbp ").strip(), factor) for end in ends)
    if low is None or high is None or (high < low and factor == 1.0):
        return None
    return CellAmount(high, f"taken as {high:,.0f}, the upper end")


def _pounds(text: str, factor: float) -> float | None:
    while shorter := _AFTER.search(text):
        text = text[: shorter.start()]
    found = _AMOUNT.fullmatch(text.strip())
    if not found or (number := _number(found["number"], has_unit=bool(found["unit"]))) is None:
        return None
    unit = found["unit"] or found["before"]
    return number * (_UNITS[unit.lower()] if unit else factor)


def _number(text: str, *, has_unit: bool) -> float | None:
    """Return a number with English or continental separators, or None if the separators do not fit either."""
    compact = re.sub(r"(?<=\d)[' ](?=\d{3}(?!\d))", ",", text)
    if re.fullmatch(r"\d+(?:\.\d+)?|\d{1,3}(?:,\d{3})+(?:\.\d+)?", compact):
        return float(compact.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d{1,2}|\d{1,3}(?:\.\d{3}){2,}", compact) or (
        re.fullmatch(r"\d+,\d{2}", compact) or (has_unit and re.fullmatch(r"\d+,\d", compact))
    ):
        return float(compact.replace(".", "").replace(",", "."))
    return None
