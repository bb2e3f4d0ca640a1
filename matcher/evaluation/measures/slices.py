"""Slices: the same figures for kinds of needs and of winners, so that an average hides nobody.

A slicing by need (health buyer) puts each need into one slice. A slicing by winner looks for the winners
of one kind alone: the other winners of the need are taken out of the answer, where they would neither
help nor hinder. A need whose winners are of two kinds so stands in two slices.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from matcher.records import Need, Profile, Sector

UNKNOWN: Final = "unknown"

# CPV division 85 is health and social work services, 33 medical equipment and pharmaceuticals (Regulation
# (EC) 213/2008). They stand in where nobody has said whether a need is about health.
HEALTH_DIVISIONS: Final = ("85", "33")

# The statutory test for small and medium enterprises: under 250 staff and at most £44 million turnover.
SME_STAFF: Final = 250
SME_TURNOVER: Final = 44e6


def read_health_flags(path: Path) -> dict[str, bool]:
    """Return the flag `health` by need id from the JSON Lines file of needs at `path`.

    The flag is no part of a need, only of files made for evaluation; lines without it, and lines that are
    no object, are passed over: reading the needs themselves is what finds fault with them.
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
    """Return "yes", "no", or "unknown" where there is neither a flag nor a CPV code."""
    if need.id not in flags and not need.cpv:
        return UNKNOWN
    return "yes" if flags.get(need.id, any(code.startswith(HEALTH_DIVISIONS) for code in need.cpv)) else "no"


def winner_sector(profile: Profile) -> str:
    """Return the sector of a winner."""
    return profile.sector.value


def winner_size(profile: Profile) -> str:
    """Return "sme", "large" or "unknown": as the sector says it, else by the statutory test where decidable."""
    if profile.sector in (Sector.SME, Sector.LARGE):
        return profile.sector.value
    if profile.employees is None:
        return UNKNOWN
    if profile.employees >= SME_STAFF:
        return Sector.LARGE.value
    # Above the turnover limit the balance sheet decides, which a profile does not hold.
    return Sector.SME.value if profile.turnover is not None and profile.turnover <= SME_TURNOVER else UNKNOWN


def track_record(profile: Profile) -> str:
    """Return "none", "one" or "several" pieces of work done: "none" is the cold start."""
    return ("none", "one", "several")[min(len(profile.track_record), 2)]


WINNER_SLICINGS: Final[Mapping[str, Callable[[Profile], str]]] = {
    "winner_sector": winner_sector,
    "winner_size": winner_size,
    "track_record": track_record,
}


@dataclass(frozen=True)
class Slicer:
    """Cuts answers into slices. `kinds` gives, by slicing, the kind of each profile in register order."""

    kinds: Mapping[str, NDArray[np.str_]]
    health: Mapping[str, bool]

    @classmethod
    def of(cls, profiles: Sequence[Profile], health: Mapping[str, bool]) -> Self:
        """Return the slicer over `profiles`; `health` holds the flags known, by need id."""
        kinds = {name: np.array([kind(p) for p in profiles]) for name, kind in WINNER_SLICINGS.items()}
        return cls(kinds, health)

    def cut(self, need: Need, grades: NDArray[np.int64]) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
        """Yield slicing, slice, and which profiles to keep, shape (profiles,), for each slice `need` is in.

        `grades`, shape (profiles,), are its judgements.
        """
        yield "health_buyer", health_buyer(need, self.health), np.ones(len(grades), dtype=bool)
        for name, kinds in self.kinds.items():
            for kind in np.unique(kinds[grades > 0]):
                yield name, str(kind), (grades == 0) | (kinds == kind)
