"""Processes: all releases with one ocid, merged into a need and into statements about the winning suppliers.

Merging follows the standard (`ocdsmerge`). The merging rules for lists are set here, so no schema needs to be fetched.
The standard merges suppliers and items by id, but here a later list replaces an earlier one completely. The reason is
that a corrected award lists all its suppliers again, and a corrected notice lists all its items and their places again.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import ocdsmerge

from matcher.foundations.errors import InvalidInput
from matcher.records import Need
from matcher.sources.ocds.awards import AwardInForce, awards_in_force
from matcher.sources.ocds.entries import distinct
from matcher.sources.ocds.lots import lot_value, lots_of, need_lots
from matcher.sources.ocds.needs import CANCELLED, need_of, title_of
from matcher.sources.ocds.values import Valuation, budget_of, least_value, stated_value, total
from matcher.sources.ocds.winners import statements_of, track_record_of
from matcher.sources.statement import Origin, Statement, Tally

_WHOLE: Final = "wholeListMerge"
_RULES: Final = {
    ("parties", "roles"): _WHOLE,
    ("parties", "additionalIdentifiers"): _WHOLE,
    ("tender", "additionalClassifications"): _WHOLE,
    ("tender", "items"): _WHOLE,
    ("awards", "suppliers"): _WHOLE,
    ("awards", "items"): _WHOLE,
}


@dataclass(frozen=True)
class Process:
    """The result of merging the releases with one ocid.

    `need` is None if the process was cancelled. `value` is the value of the need with its basis.
    """

    ocid: str
    need: Need | None
    statements: tuple[Statement, ...]
    value: Valuation | None = None


def merge(releases: Sequence[dict[str, Any]], source: str, origin: Origin, tally: Tally) -> Process:
    """Merge trimmed releases that share one ocid.

    `source` becomes the source of the new statements, and `origin` is where the latest release was read. `tally` counts
    what is dropped.

    Raises:
        InvalidInput: the releases cannot be merged, or the need has no title.

    """
    tally.origin = origin
    ordered = sorted(releases, key=lambda release: (release["date"], release["id"]))
    merged = _compiled(distinct(ordered, tally))
    won = awards_in_force(merged, tally)
    is_cancelled = not won and _is_cancelled(merged, ordered)
    merged = {**merged, "awards": [one.award for one in won]}
    need = value = None
    if is_cancelled:
        tally.counts["needs cancelled"] += 1
    else:
        values = {lot["id"]: lot_value(lot, tally) for lot in lots_of(merged)}
        value = _value(merged, list(values.values()), won, tally)
        need = need_of(merged, ordered, need_lots(merged, values, tally), value, tally)
    title = need.title if need else title_of(merged) or ""
    statements = [
        statement
        for one in won
        for statement in statements_of(one, track_record_of(one, merged, title, tally), merged, source, origin, tally)
    ]
    return Process(merged["ocid"], need, tuple(statements), value)


def _value(
    merged: dict[str, Any], lots: list[Valuation | None], won: list[AwardInForce], tally: Tally
) -> Valuation | None:
    """Return the value of a need: its own, else of its lots, else its minimum, else of its awards, else its budget."""
    tender = merged.get("tender") or {}
    return (
        stated_value(tender, "tender", tally)
        or total(lots, "lot")
        or least_value(tender, "tender", tally)
        or total([one.value for one in won], "award")
        or budget_of(merged, tally)
    )


def _compiled(ordered: list[dict[str, Any]]) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ocdsmerge.exceptions.DuplicateIdValueWarning)
        try:
            compiled: dict[str, Any] = ocdsmerge.Merger(merge_rules=_RULES).create_compiled_release(ordered)
        except ocdsmerge.exceptions.OCDSMergeError as error:
            raise InvalidInput(f"cannot be merged: {error}", remedy="Report it to the publisher") from error
    return compiled


def _is_cancelled(merged: dict[str, Any], ordered: list[dict[str, Any]]) -> bool:
    """Return whether a process without an award in force was cancelled."""
    awards = merged.get("awards") or []
    all_cancelled = bool(awards) and all(award.get("status") in CANCELLED for award in awards)
    latest = ordered[-1].get("tag") or ()
    return all_cancelled or "tenderCancellation" in latest or (merged.get("tender") or {}).get("status") in CANCELLED
