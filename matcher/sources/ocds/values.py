"""Values of needs, lots and awards, in pounds without VAT, each with the basis that it rests on.

A value is stated as it is used, derived from stated values by a sum or by taking off VAT, or estimated: the upper end
of a range, a ceiling, a budget, or the value of a lot before its award.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from matcher.records.policy import VAT_STANDARD_RATE
from matcher.sources.amounts import Amount, parse_amount
from matcher.sources.statement import Tally

# Values up to this number are ignored, because some publishers enter 0 or 1 instead of stating a value.
_LEAST_VALUE: Final = 1.0
# The largest value of a record (see `matcher.records.fields.Amount`).
_MAX_VALUE: Final = 1e15
_POUNDS: Final = frozenset({"", "GBP", "£", "STG", "POUND", "POUNDS", "POUND STERLING", "POUNDS STERLING", "STERLING"})
_CEILINGS: Final = ("maxValue", "maximumValue", "estimatedValue")

Json = dict[str, Any]


class Basis(StrEnum):
    """What a value rests on."""

    STATED = "stated"
    DERIVED = "derived"
    ESTIMATED = "estimated"


@dataclass(frozen=True)
class Valuation:
    """An amount in pounds without VAT, its basis, and how it was derived or estimated."""

    amount: float
    basis: Basis = Basis.STATED
    how: str = ""

    def __str__(self) -> str:
        return f"{self.basis}: {self.how}" if self.how else str(self.basis)

    def estimated(self, how: str) -> Valuation:
        """Return this valuation as an estimate, for the reason `how`."""
        return replace(self, basis=Basis.ESTIMATED, how=f"{how}, {self.how}" if self.how else how)


def value_of(value: Json | None, field: str, tally: Tally) -> Valuation | None:
    """Return the amount in an OCDS value, or None if it states no amount in pounds above 1.

    A gross amount counts if there is no net amount, less VAT at the standard rate. `tally` counts what is skipped.
    """
    if not value or (value.get("amount") is None and value.get("amountGross") is None):
        return None
    currency = str(value.get("currency") or "").strip().upper().rstrip(".")
    if currency not in _POUNDS:
        tally.counts["values not in pounds"] += 1
        tally.warn(field, f"{value.get('amount', value.get('amountGross'))} {currency}", "left out: not in pounds")
        return None
    net = _amount(value.get("amount"), f"{field}.amount", tally)
    if net is not None:
        return _without_vat(net) if value.get("valueAddedTaxIncluded") or net.includes_vat else _valuation(net)
    gross = _amount(value.get("amountGross"), f"{field}.amountGross", tally)
    return _without_vat(gross) if gross is not None else None


def stated_value(part: Json, field: str, tally: Tally) -> Valuation | None:
    """Return the value of a tender, lot or award, or its ceiling if it has no value. A mere minimum does not count."""
    if valuation := value_of(part.get("value"), f"{field}.value", tally):
        return valuation
    for name in _CEILINGS:
        if ceiling := value_of(part.get(name), f"{field}.{name}", tally):
            return ceiling.estimated("the upper end of a range" if part.get("minValue") else "a ceiling")
    return None


def least_value(part: Json, field: str, tally: Tally) -> Valuation | None:
    """Return the minimum value of a tender or lot as an estimate."""
    least = value_of(part.get("minValue"), f"{field}.minValue", tally)
    return least.estimated("the lower end of a range") if least else None


def budget_of(merged: Json, tally: Tally) -> Valuation | None:
    """Return the planned budget of a process, or the sum of its breakdown, as an estimate."""
    budget = (merged.get("planning") or {}).get("budget") or {}
    if amount := value_of(budget.get("amount"), "planning.budget.amount", tally):
        return amount.estimated("the planned budget")
    parts = [
        value_of(part.get("amount"), "planning.budget.budgetBreakdown.amount", tally)
        for part in budget.get("budgetBreakdown") or ()
    ]
    summed = total(parts, "budget line")
    return replace(summed, basis=Basis.ESTIMATED) if summed else None


def total(parts: Sequence[Valuation | None], of: str) -> Valuation | None:
    """Return the sum of `parts`, or None if there are none or any is unknown. `of` names what is added up."""
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    amount = round(math.fsum(part.amount for part in known), 2)
    is_estimate = any(part.basis is Basis.ESTIMATED for part in known)
    hows = ", ".join(dict.fromkeys(part.how for part in known if part.how))
    how = f"the sum of {len(known)} {of}s" if len(known) > 1 else f"the value of the only {of}"
    return Valuation(amount, Basis.ESTIMATED if is_estimate else Basis.DERIVED, f"{how} ({hows})" if hows else how)


def _amount(stated: Any, field: str, tally: Tally) -> Amount | None:
    amount = Amount(float(stated)) if isinstance(stated, int | float) else parse_amount(stated) if stated else None
    if amount is None:
        if stated:
            tally.counts["values that cannot be read"] += 1
            tally.warn(field, stated, "left out: not an amount in pounds")
        return None
    if amount.number <= _LEAST_VALUE:
        tally.counts["values of 0 or 1"] += 1
        return None
    if amount.number > _MAX_VALUE:
        tally.counts["values that cannot be read"] += 1
        tally.warn(field, stated, "left out: too large to be true")
        return None
    if amount.note:
        tally.warn(field, stated, f"read as {amount.number:,.2f}, {amount.note}")
    return amount


def _valuation(amount: Amount) -> Valuation:
    return Valuation(amount.number, Basis.ESTIMATED if amount.note else Basis.STATED, amount.note)


def _without_vat(amount: Amount) -> Valuation:
    how = f"the gross amount less VAT at {VAT_STANDARD_RATE:.0%}"
    net = Valuation(round(amount.number / (1 + VAT_STANDARD_RATE), 2), Basis.DERIVED, how)
    return net.estimated(amount.note) if amount.note else net
