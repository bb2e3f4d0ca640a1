"""Sheets: the columns of each sheet in a programme's workbook.

To add a column, add a `SheetColumn` here. Nothing else needs to change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

from matcher.programme.results.assignment import AssignedSupplier
from matcher.programme.results.exposure import size_name
from matcher.programme.results.figures import level_of, region_of
from matcher.programme.results.pairs import MatchedNeed, Supplier
from matcher.programme.results.tables import NeedResult, SupplierMatch, reasons_of
from matcher.programme.results.worksheet import Share, SheetColumn, SheetLayout
from matcher.records import Match
from matcher.texts.excerpts import excerpt

R = TypeVar("R")

# The longest address that Excel accepts as a link, in characters.
_MAX_LINK: Final = 2_000
_MAX_QUOTE: Final = 400


@dataclass(frozen=True)
class LinkedRow(Generic[R]):
    """The content of a row, and a link to the related row in another sheet, if any."""

    content: R
    link: str | None


@dataclass(frozen=True)
class AssignmentRow:
    """A need, with its supplier in the best and in the greedy assignment.

    Each supplier is given as its name and its assignment, or as None if the need is not served.
    """

    need_id: str
    title: str
    best: tuple[str, AssignedSupplier] | None
    greedy: tuple[str, AssignedSupplier] | None


SupplierNeed = tuple[Supplier, MatchedNeed]


def _web_link(address: str | None) -> str | None:
    """Return `address` as a link if it is a web address, else None."""
    if not address or len(address) > _MAX_LINK or any(sign in address for sign in " \n\"'<>"):
        return None
    full = address if "://" in address else f"https://{address}"
    try:
        parts = urlsplit(full)
    except ValueError:
        return None
    return full if parts.scheme in ("http", "https") and "." in (parts.hostname or "") else None


def _share(match: Match | AssignedSupplier | None) -> Share | None:
    return Share(match.probability) if match else None


def _quote(match: SupplierMatch) -> str:
    return excerpt(match.evidence.text, _MAX_QUOTE) if match.evidence else ""


def _exclusions(result: NeedResult) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in result.search.excluded.items())


_NeedColumn = SheetColumn[LinkedRow[NeedResult]]
NEEDS: Final = SheetLayout(
    "Needs",
    "One row per need: how well it is covered, with a link to its matches.",
    (
        _NeedColumn("Need", 22, lambda r: r.content.need.id),
        _NeedColumn("Title", 60, lambda r: r.content.need.title),
        _NeedColumn("Buyer", 34, lambda r: r.content.buyer),
        _NeedColumn("Region", 22, lambda r: region_of(r.content.need)),
        _NeedColumn("Theme", 28, lambda r: r.content.theme),
        _NeedColumn("Eligible", 10, lambda r: r.content.search.eligible),
        _NeedColumn("Covered", 11, lambda r: level_of(r.content)),
        _NeedColumn("Best partner", 36, lambda r: r.content.best and r.content.best.name),
        _NeedColumn("Probability", 11, lambda r: _share(r.content.best)),
        _NeedColumn("Matches", 12, lambda r: r.link and "see matches", lambda r: r.link),
    ),
)


_MatchColumn = SheetColumn[LinkedRow[SupplierMatch]]
MATCHES: Final = SheetLayout(
    "Matches",
    "One row per match, best first, with reasons and evidence.",
    (
        _MatchColumn("Need", 22, lambda r: r.content.result.need.id, lambda r: r.link),
        _MatchColumn("Title", 46, lambda r: r.content.result.need.title),
        _MatchColumn("Rank", 6, lambda r: r.content.match.rank),
        _MatchColumn("Partner", 36, lambda r: r.content.match.name),
        _MatchColumn("Profile", 28, lambda r: r.content.match.profile_id),
        _MatchColumn("Sector", 16, lambda r: r.content.match.sector.value),
        _MatchColumn("Size", 9, lambda r: size_name(r.content.supplier.size)),
        _MatchColumn("Place", 26, lambda r: r.content.match.place),
        _MatchColumn("Fit", 10, lambda r: r.content.match.band.value),
        _MatchColumn("Probability", 11, lambda r: Share(r.content.match.probability)),
        _MatchColumn("Score", 8, lambda r: round(r.content.match.score, 4)),
        _MatchColumn("Why", 70, lambda r: reasons_of(r.content.match)),
        _MatchColumn("Evidence", 70, lambda r: _quote(r.content)),
        _MatchColumn("Where it stands", 40, lambda r: r.content.evidence.source if r.content.evidence else ""),
        _MatchColumn(
            "Website", 30, lambda r: r.content.supplier.website or "", lambda r: _web_link(r.content.supplier.website)
        ),
    ),
)

GAPS: Final = SheetLayout(
    "Needs without partner",
    "Needs for which no supplier is eligible or the best match is unlikely.",
    (
        _NeedColumn("Need", 22, lambda r: r.content.need.id, lambda r: r.link),
        _NeedColumn("Title", 60, lambda r: r.content.need.title),
        _NeedColumn("Buyer", 34, lambda r: r.content.buyer),
        _NeedColumn("Theme", 28, lambda r: r.content.theme),
        _NeedColumn("Eligible", 10, lambda r: r.content.search.eligible),
        _NeedColumn("Left out by filter", 44, lambda r: _exclusions(r.content)),
        _NeedColumn("Comes nearest", 36, lambda r: r.content.best and r.content.best.name),
        _NeedColumn("Probability", 11, lambda r: _share(r.content.best)),
    ),
)

_SupplierColumn = SheetColumn[LinkedRow[SupplierNeed]]
SUPPLIERS: Final = SheetLayout(
    "By supplier",
    "The same matches, by supplier: the needs that each supplier fits.",
    (
        _SupplierColumn("Partner", 36, lambda r: r.content[0].name),
        _SupplierColumn("Profile", 28, lambda r: r.content[0].id),
        _SupplierColumn("Sector", 16, lambda r: r.content[0].sector.value),
        _SupplierColumn("Size", 9, lambda r: size_name(r.content[0].size)),
        _SupplierColumn("Postcode", 11, lambda r: r.content[0].postcode),
        _SupplierColumn("Need", 22, lambda r: r.content[1].need_id, lambda r: r.link),
        _SupplierColumn("Title", 60, lambda r: r.content[1].title),
        _SupplierColumn("Rank in its list", 14, lambda r: r.content[1].rank),
        _SupplierColumn("Fit", 10, lambda r: r.content[1].band.value),
        _SupplierColumn("Probability", 11, lambda r: Share(r.content[1].probability)),
        _SupplierColumn("Website", 30, lambda r: r.content[0].website, lambda r: _web_link(r.content[0].website)),
    ),
)


def _name(given: tuple[str, AssignedSupplier] | None) -> Any:
    return given and given[0]


_AssignmentColumn = SheetColumn[LinkedRow[AssignmentRow]]
ASSIGNMENT: Final = SheetLayout(
    "Assignment",
    "At most one partner per need. No partner is given more needs than its capacity. The greedy assignment is shown "
    "for comparison.",
    (
        _AssignmentColumn("Need", 22, lambda r: r.content.need_id, lambda r: r.link),
        _AssignmentColumn("Title", 60, lambda r: r.content.title),
        _AssignmentColumn("Partner", 36, lambda r: _name(r.content.best)),
        _AssignmentColumn("Profile", 28, lambda r: r.content.best and r.content.best[1].supplier),
        _AssignmentColumn("Rank in its list", 14, lambda r: r.content.best and r.content.best[1].rank),
        _AssignmentColumn("Probability", 11, lambda r: _share(r.content.best and r.content.best[1])),
        _AssignmentColumn("Greedy: partner", 28, lambda r: _name(r.content.greedy)),
        _AssignmentColumn("Greedy: probability", 18, lambda r: _share(r.content.greedy and r.content.greedy[1])),
    ),
)
