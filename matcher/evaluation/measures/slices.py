"""Slices: figures for each kind of need and each kind of winner. An average over all needs would hide differences.

A slicing by need (health buyer) puts each need into one slice. A slicing by winner puts a need into one slice for
each kind of winner that the need has. In such a slice, winners of other kinds are removed from the answer, so that they
neither raise nor lower the figures.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from matcher.foundations.arrays import Ints, Mask
from matcher.records import Need, Profile, size_of

UNKNOWN: Final = "unknown"

# CPV division 85 is health and social work services, and division 33 is medical equipment and pharmaceuticals
# (Regulation (EC) 213/2008). A need without a `health` flag is classified by these divisions.
HEALTH_DIVISIONS: Final = ("85", "33")


def read_health_flags(path: Path) -> dict[str, bool]:
    """Return the `health` flags from the JSON Lines needs file at `path`, by need id.

    The flag is not a field of `Need` and occurs only in evaluation files. Lines without a flag are skipped. Invalid
    lines are skipped too, and are reported when the needs are read.
    """
    flags: dict[str, bool] = {}
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        for line in lines:
            try:
                value = json.loads(line)
            except ValueError:
                continue
            if isinstance(value, dict) and isinstance(value.get("health"), bool):
                flags[str(value.get("id"))] = value["health"]
    return flags


def health_buyer(need: Need, flags: Mapping[str, bool]) -> str:
    """Return "yes" or "no" from the health flag of `need` or, if there is no flag, from its CPV codes.

    Return "unknown" if `need` has neither a flag nor CPV codes.
    """
    if need.id not in flags and not need.cpv:
        return UNKNOWN
    return "yes" if flags.get(need.id, any(code.startswith(HEALTH_DIVISIONS) for code in need.cpv)) else "no"


def winner_sector(profile: Profile) -> str:
    """Return the sector of `profile`."""
    return profile.sector.value


def winner_size(profile: Profile) -> str:
    """Return the size of `profile` as the size filter understands it: "sme", "large" or "unknown"."""
    size = size_of(profile)
    return size.value if size else UNKNOWN


def track_record(profile: Profile) -> str:
    """Return "none" (a cold start), "one" or "several": how much past work `profile` lists."""
    return ("none", "one", "several")[min(len(profile.track_record), 2)]


WINNER_SLICINGS: Final[Mapping[str, Callable[[Profile], str]]] = {
    "winner_sector": winner_sector,
    "winner_size": winner_size,
    "track_record": track_record,
}


@dataclass(frozen=True)
class Slicer:
    """Finds the slices that a need belongs to.

    `kinds` holds, for each slicing by winner, the kind of each profile in register order. `health` holds the known
    health flags by need id.
    """

    kinds: Mapping[str, NDArray[np.str_]]
    health: Mapping[str, bool]

    @classmethod
    def of(cls, profiles: Sequence[Profile], health: Mapping[str, bool]) -> Self:
        """Return a slicer for the register `profiles`."""
        kinds = {name: np.array([kind(p) for p in profiles]) for name, kind in WINNER_SLICINGS.items()}
        return cls(kinds, health)

    def slices_of(self, need: Need, grades: Ints) -> Iterator[tuple[str, str, Mask]]:
        """Yield (slicing, slice, mask of the profiles to rank) for each slice that `need` belongs to.

        `grades` holds the judgements for `need`. Both `grades` and the mask have shape (profiles,).
        """
        yield "health_buyer", health_buyer(need, self.health), np.ones(len(grades), dtype=bool)
        for name, kinds in self.kinds.items():
            for kind in np.unique(kinds[grades > 0]):
                yield name, str(kind), (grades == 0) | (kinds == kind)
