"""Eligibility: apply the filters to all profiles before the search. The result is a mask over profiles."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from matcher.foundations.arrays import Mask
from matcher.index.codes import SECTORS, SIZES, bits_of, day_number, scheme_key
from matcher.index.columns import ProfileColumns
from matcher.records import Filters, Sector
from matcher.records.places import CURRENT_RULE, ReadingRule
from matcher.records.vocabulary import SIZE_OF_OLD_SECTOR, VCSE_SECTORS
from matcher.scoring.profile_signals import holds

# The name under which profiles of unknown place are counted if a filter on regions excludes them.
PLACE_NOT_KNOWN: Final = "place_not_known"


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


def passing(profiles: ProfileColumns, filters: Filters, on: date, rule: ReadingRule = CURRENT_RULE) -> dict[str, Mask]:
    """For each filter that is set, return a mask of the profiles that pass it on day `on`.

    Each mask has shape (len(profiles),). A profile with an unknown value never passes a filter on that value. `rule` is
    the rule by which `profiles` was built.
    """
    masks: dict[str, Mask] = {}
    if filters.sectors:
        masks["sectors"] = _any(_of_kind(profiles, sector, rule) for sector in filters.sectors)
    if filters.regions:
        masks |= _in_regions(profiles, filters, rule)
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


def _in_regions(profiles: ProfileColumns, filters: Filters, rule: ReadingRule) -> dict[str, Mask]:
    """Return who works in the regions, and in a mask of its own whose place is known, so that the two can be told."""
    covers: Mask = (profiles.regions & bits_of(filters.regions)) != 0
    if rule < ReadingRule.KNOWN_FACTS:
        return {"regions": covers}
    known: Mask = profiles.regions != 0
    return {"regions": covers | ~known} | ({} if filters.include_unknown else {PLACE_NOT_KNOWN: known})


def _of_kind(profiles: ProfileColumns, sector: Sector, rule: ReadingRule) -> Mask:
    """Return which profiles a filter for `sector` finds: `VCSE` finds all its kinds, and an older value finds a size.

    An older value stands for companies, and suppliers of unknown kind, of that size.
    """
    if rule < ReadingRule.KNOWN_FACTS:
        return _in(profiles, {sector})
    if sector in SIZE_OF_OLD_SECTOR:
        has_size: Mask = profiles.size == SIZES.index(SIZE_OF_OLD_SECTOR[sector])
        return _in(profiles, {Sector.COMPANY, Sector.UNKNOWN}) & has_size
    return _in(profiles, VCSE_SECTORS if sector is Sector.VCSE else {sector})


def _in(profiles: ProfileColumns, sectors: Collection[Sector]) -> Mask:
    return np.isin(profiles.sector, [SECTORS.index(sector) for sector in sectors])


def _any(masks: Iterable[Mask]) -> Mask:
    met: Mask = np.logical_or.reduce(list(masks))
    return met


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
