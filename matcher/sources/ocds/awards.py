"""Awards in force, with their contracts and the value that each rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from matcher.sources.ocds.lots import lot_value, lots_named
from matcher.sources.ocds.needs import CANCELLED
from matcher.sources.ocds.parties import plain_name
from matcher.sources.ocds.values import Valuation, stated_value, total, value_of
from matcher.sources.statement import Tally

_NOT_YET: Final = frozenset({"pending", "planned", "planning"})

Json = dict[str, Any]


@dataclass(frozen=True)
class AwardInForce:
    """An award in force: the contracts under it that are in force, the lots it names, or None, and its value."""

    award: Json
    contracts: tuple[Json, ...]
    lots: tuple[Json, ...] | None
    value: Valuation | None

    @property
    def record(self) -> str:
        """The id of the award, different for each award of the process."""
        return str(self.award.get("id"))

    @property
    def day(self) -> str | None:
        """The date of the award, or else of its first contract, or else of its publication."""
        signed = (contract.get("dateSigned") for contract in self.contracts)
        days = (self.award.get("date"), *signed, self.award.get("datePublished"))
        return next((day for day in days if day), None)


def awards_in_force(merged: Json, tally: Tally) -> list[AwardInForce]:
    """Return the awards of a process that are neither cancelled nor pending.

    An award whose contracts were all cancelled counts as cancelled.
    """
    awards = merged.get("awards") or []
    contracts = _contracts_by_award(awards, merged.get("contracts") or [], tally)
    winners = _winners_by_lot(merged)
    in_force: list[AwardInForce] = []
    for award in awards:
        own = contracts[award["id"]]
        if _is_void(award):
            continue
        if own and all(contract.get("status") in CANCELLED for contract in own):
            tally.counts["awards whose contracts were cancelled"] += 1
            tally.warn("awards", award.get("id"), "left out: all its contracts were cancelled")
            continue
        current = [contract for contract in own if not _is_void(contract)]
        named = lots_named(award, merged, tally)
        value = _value(award, current, named, winners, tally)
        in_force.append(AwardInForce(award, tuple(current), None if named is None else tuple(named), value))
    return in_force


def _is_void(part: Json) -> bool:
    return part.get("status") in CANCELLED | _NOT_YET


def _value(
    award: Json, contracts: list[Json], named: list[Json] | None, winners: dict[str, int], tally: Tally
) -> Valuation | None:
    """Return the value of an award, or else of its contracts, or else of the lots that it alone has won."""
    field = f"awards.{award.get('publishedId') or award['id']}"
    if stated := stated_value(award, field, tally):
        return stated
    if summed := total([value_of(one.get("value"), "contracts.value", tally) for one in contracts], "contract"):
        return summed
    if named and all(winners.get(lot["id"], 0) == 1 for lot in named):
        estimate = total([lot_value(lot, tally) for lot in named], "lot")
        return estimate.estimated("before the award") if estimate else None
    return None


def _winners_by_lot(merged: Json) -> dict[str, int]:
    """Return the number of awards in force that name each lot, by the id of the lot."""
    winners: dict[str, int] = {}
    for award in merged.get("awards") or ():
        for lot in () if _is_void(award) else lots_named(award, merged, Tally()) or ():
            winners[lot["id"]] = winners.get(lot["id"], 0) + 1
    return winners


def _contracts_by_award(awards: Sequence[Json], contracts: Sequence[Json], tally: Tally) -> dict[str, list[Json]]:
    """Return the contracts under each award, by the id of the award.

    If several awards share the id that a contract names, the lots and then the order decide.
    """
    by_award: dict[str, list[Json]] = {award["id"]: [] for award in awards}
    for id in dict.fromkeys(contract.get("awardID") or "" for contract in contracts):
        under = [contract for contract in contracts if (contract.get("awardID") or "") == id]
        same = [award for award in awards if award.get("publishedId", award["id"]) == id]
        if not id and not same and len(awards) == 1:
            same = list(awards)
        for contract in under:
            if award := _award_of(contract, under, same):
                by_award[award["id"]].append(contract)
            else:
                tally.counts["contracts of no single award"] += 1
                tally.warn("contracts.awardID", id or "(none)", "left out: it belongs to no single award")
    return by_award


def _award_of(contract: Json, under: list[Json], awards: list[Json]) -> Json | None:
    if len(awards) == 1:
        return awards[0]
    lots = set(contract.get("relatedLots") or ())
    sharing = [award for award in awards if lots & set(award.get("relatedLots") or ())]
    if len(sharing) == 1:
        return sharing[0]
    return awards[under.index(contract)] if len(awards) == len(under) else None


def has_single_supplier(award: Json) -> bool:
    """Return whether an award has exactly one supplier, listed once or more often."""
    suppliers = award.get("suppliers") or ()
    return len({(one.get("id"), plain_name(one.get("name") or "")) for one in suppliers}) == 1
