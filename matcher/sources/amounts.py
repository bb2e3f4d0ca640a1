"""Amounts of money in pounds, as people write them in text fields."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_SCALES: Final = {
    "": 1.0,
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "mil": 1e6,
    "million": 1e6,
    "bn": 1e9,
    "billion": 1e9,
}
_NUMBER: Final = (
    r"(?:\d{1,3}(?:[, ’']\d{3})+(?:\.\d+)?"  # 1,200,000.00
    r"|\d{1,3}(?:\.\d{3})+,\d{1,2}|\d{1,3}(?:\.\d{3}){2,}"  # 1.200.000,00
    r"|\d+(?:\.\d+)?|\d+,\d{1,2})"
)
_SCALE: Final = r"(?:\s?(?P<{0}>thousand|million|billion|mil|mn|bn|k|m)\b)?"
_ONE: Final = rf"£?\s?(?P<low>{_NUMBER}){_SCALE.format('low_scale')}"
_RANGE: Final = re.compile(
    rf"(?:between\s|from\s)?{_ONE}\s?(?:-|–|—|to|and)\s?£?\s?(?P<high>{_NUMBER}){_SCALE.format('high_scale')}"
)
_SINGLE: Final = re.compile(
    r"(?P<ceiling>up to(?: a maximum of)?|max(?:imum)?(?: of)?|not exceeding|no more than|less than|under|below|<=?|≤)?"
    r"(?P<floor>at least|min(?:imum)?(?: of)?|more than|over|above|from|>=?|≥)?"
    r"(?P<rough>circa|approx(?:imately)?|around|about|est(?:imated)?(?: at)?|ca?(?=[ .£\d])|~)?"
    rf"[ .:]*{_ONE}\s?(?P<plus>\+)?"
)
_WITH_VAT: Final = re.compile(
    r"(?:(?<![(\s])[(\s]+)?\b(?:incl?|including|inclusive of|with)\.?\s?(?:of\s)?v\.?a\.?t\.?\)?"
)
_WITHOUT_VAT: Final = re.compile(
    r"(?:(?<![(\s])[(\s]+)?\b(?:excl?|excluding|exclusive of|without|net of|plus|ex)\.?\s?(?:of\s)?v\.?a\.?t\.?\)?"
)
_POUNDS: Final = re.compile(r"\b(?:gbp|pounds?(?: sterling)?|sterling)\b")


@dataclass(frozen=True)
class Amount:
    """A number of pounds. `note` says how it was read if it is not simply what is written."""

    number: float
    note: str = ""
    includes_vat: bool = False


def parse_amount(text: str) -> Amount | None:
    """Return the amount in pounds that `text` states, or None if it states none, another currency or a rate.

    A range counts as its upper end, and "up to" as the number that follows.
    """
    plain = " ".join(text.lower().replace("\u00a0", " ").split())
    without = _WITHOUT_VAT.sub(" ", plain)
    bare = _WITH_VAT.sub(" ", without)
    includes_vat = bare != without
    bare = " ".join(_POUNDS.sub(" ", bare).split()).strip(" .;")
    if (both := _RANGE.fullmatch(bare)) is not None:
        high_scale = both["high_scale"] or ""
        low = _number(both["low"], both["low_scale"] or high_scale)
        high = _number(both["high"], high_scale)
        return Amount(max(low, high), "the upper end of a range", includes_vat)
    if (one := _SINGLE.fullmatch(bare)) is None:
        return None
    number = _number(one["low"], one["low_scale"] or "")
    if one["ceiling"]:
        return Amount(number, "a ceiling", includes_vat)
    if one["floor"] or one["plus"]:
        return Amount(number, "the lower end of a range", includes_vat)
    return Amount(number, "an approximate amount" if one["rough"] else "", includes_vat)


def _number(digits: str, scale: str) -> float:
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d{1,2}|\d{1,3}(?:\.\d{3}){2,}", digits):
        digits = digits.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"\d+,\d{1,2}", digits):
        digits = digits.replace(",", ".")
    return float(re.sub(r"[, ’']", "", digits)) * _SCALES[scale]
