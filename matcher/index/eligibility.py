"""Eligibility: apply the filters to all profiles before the search. The result is a mask over profiles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from matcher.foundations.arrays import Mask
from matcher.index.codes import SECTORS, SIZES, bits_of, day_number, scheme_key
from matcher.index.columns import ProfileColumns
from matcher.records import Filters
from matcher.scoring.profile_signals import holds


@dataclass(frozen=True)
class Eligible:
    """A mask of the eligible profiles, the number of profiles considered, and a mask of exclusions for each filter."""

    mask: Mask
    considered: int
    failing: dict[str, Mask]

    @property
    def count(self) -> int:
        """The number of eligible profiles."""
        return int(self.mask.sum())

    @property
    def excluded(self) -> dict[str, int]:
        """The number of profiles that each filter excludes."""
        return {name: int(fails.sum()) for name, fails in self.failing.items()}


def passing(profiles: ProfileColumns, filters: Filters, on: date) -> dict[str, Mask]:
    """For each filter that is set, return a mask of the profiles that pass it on day `on`.

    Each mask has shape (len(profiles),). A profile with an unknown value never passes a filter on that value.
    """
    masks: dict[str, Mask] = {}
    if filters.sectors:
        masks["sectors"] = np.isin(profiles.sector, [SECTORS.index(sector) for sector in filters.sectors])
    if filters.regions:
        masks["regions"] = (profiles.regions & bits_of(filters.regions)) != 0
    if filters.accreditations:
        masks["accreditations"] = _all(_holds(profiles, scheme, on) for scheme in filters.accreditations)
    if filters.size is not None:
        masks["size"] = profiles.size == SIZES.index(filters.size)
    if filters.min_turnover is not None:
        masks["min_turnover"] = profiles.turnover >= filters.min_turnover
    if filters.max_turnover is not None:
        masks["max_turnover"] = profiles.turnover <= filters.max_turnover
    if filters.identifiers:
        masks["identifiers"] = _all(_identified(profiles, identifier) for identifier in filters.identifiers)
    if filters.changed_since is not None:
        masks["changed_since"] = profiles.sequence > filters.changed_since
    return masks


def _all(masks: Iterable[Mask]) -> Mask:
    met: Mask = np.logical_and.reduce(list(masks))
    return met


def _holds(profiles: ProfileColumns, scheme: str, on: date) -> Mask:
    return holds(profiles.schemes, profiles.expires, scheme_key(scheme), day_number(on))


def _identified(profiles: ProfileColumns, identifier: str) -> Mask:
    """Return which profiles have `identifier`: a kind such as "charity", or a kind and number such as "ods:RR8"."""
    values = profiles.identifiers.values
    kind, _, number = identifier.partition(":")
    hits = values == f"{kind}:{number.upper()}" if number else np.strings.startswith(values, f"{kind}:")
    return profiles.identifiers.any(hits)
