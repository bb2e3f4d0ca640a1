"""Reach: how the places of a supplier relate to the place of a need, and the words for places."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from enum import Enum, auto
from typing import Final, NamedTuple

from matcher.records import Profile, Region
from matcher.records.places import stated_regions

_NATIONAL: Final = "national"
# The maximum number of regions to name. The other regions are counted.
_MAX_NAMED: Final = 3


class ReachKind(Enum):
    """How the places of a supplier relate to the place of a need. "Works" is stated; "is based" is from a postcode."""

    NATIONAL = auto()
    WORKS_HERE = auto()
    BASED_HERE = auto()
    WORKED_HERE = auto()
    WORKS_ELSEWHERE = auto()
    BASED_ELSEWHERE = auto()
    WORKED_ELSEWHERE = auto()
    UNKNOWN = auto()


# The kinds that show no tie to the place of the need.
NOT_HERE: Final = frozenset(
    {ReachKind.WORKS_ELSEWHERE, ReachKind.BASED_ELSEWHERE, ReachKind.WORKED_ELSEWHERE, ReachKind.UNKNOWN}
)


class Reach(NamedTuple):
    """The kind of reach, and the regions that show it. For a national or unknown reach, these are none."""

    kind: ReachKind
    regions: frozenset[Region]


def reach_of(profile: Profile, worked: frozenset[Region], target: frozenset[Region]) -> Reach:
    """Return how the places that `profile` states, and the regions of its past work, relate to the regions `target`."""
    if profile.coverage.national:
        return Reach(ReachKind.NATIONAL, frozenset())
    stated, is_coverage = stated_regions(profile), bool(profile.coverage.regions)
    if here := stated & target:
        return Reach(ReachKind.WORKS_HERE if is_coverage else ReachKind.BASED_HERE, here)
    if here := worked & target:
        return Reach(ReachKind.WORKED_HERE, here)
    if stated:
        return Reach(ReachKind.WORKS_ELSEWHERE if is_coverage else ReachKind.BASED_ELSEWHERE, stated)
    return Reach(ReachKind.WORKED_ELSEWHERE if worked else ReachKind.UNKNOWN, worked)


def place_of(profile: Profile, worked: frozenset[Region]) -> str | None:
    """Return where the supplier works, in words: "national", the names of regions, or None if it is unknown.

    If `profile` states no place, these are the regions of its past work, `worked`.
    """
    return _NATIONAL if profile.coverage.national else names_of(stated_regions(profile) or worked) or None


def names_of(regions: AbstractSet[Region]) -> str:
    """Return the names of `regions` in the usual order, such as "London, South East", or "" if there are none."""
    names = [region.value for region in Region if region in regions]
    more = len(names) - _MAX_NAMED
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:_MAX_NAMED])} and {more} more regions"
