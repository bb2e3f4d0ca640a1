"""Columns: what the index stores about profiles, pieces and passages.

Each field defines how the values of its column are computed. Segments, snapshots and retrieval find the columns through
the fields, so adding a field is enough to add a column. Snapshots without the new column are then ignored, and the
index is rebuilt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Final

import numpy as np

from matcher.foundations.arrays import Array
from matcher.foundations.ragged import Ragged
from matcher.index.codes import SECTORS, SIZES, bits_of, day_number, held_schemes
from matcher.index.postings import norm_of
from matcher.index.tables import Column, Columns
from matcher.records import Profile, Region, Sector, TrackRecord, size_of, supplier_kind
from matcher.records.places import (
    ReadingRule,
    home_by_earlier_rules,
    record_by_earlier_rules,
    regions_by_first_rule,
    regions_by_second_rule,
    regions_of_profile,
    regions_of_record,
    stated_regions,
)
from matcher.scoring import FAMILIES, UNDATED
from matcher.texts.passages import Passage, PassageKind

_FAMILY: Final = {
    PassageKind.NAME: "name",
    PassageKind.SUMMARY: "offer",
    PassageKind.CAPABILITY: "offer",
    PassageKind.OUTCOMES: "offer",
    PassageKind.TRACK_RECORD: "work",
}


@dataclass(frozen=True)
class ProfileRow:
    """A profile revision to index. `rule` says how to read its place and kind."""

    sequence: int
    profile: Profile
    rule: ReadingRule

    @cached_property
    def work_regions(self) -> tuple[frozenset[Region], ...]:
        """The regions of each piece of past work."""
        read = record_by_earlier_rules if self._is_earlier else regions_of_record
        return tuple(map(read, self.profile.track_record))

    @property
    def regions(self) -> frozenset[Region]:
        """The regions where the supplier works."""
        if self.rule is ReadingRule.REGION_FIELDS:
            return regions_by_first_rule(self.profile)
        if self._is_earlier:
            return regions_by_second_rule(self.profile)
        return regions_of_profile(self.profile, self.work_regions)

    @property
    def home(self) -> frozenset[Region]:
        """The regions that the profile states or, if it states none, the region of its postcode."""
        return home_by_earlier_rules(self.profile) if self._is_earlier else stated_regions(self.profile)

    @property
    def kind(self) -> Sector:
        """The kind of the supplier or, under the earlier rules, the sector that the profile states."""
        return self.profile.sector if self._is_earlier else supplier_kind(self.profile)

    @property
    def _is_earlier(self) -> bool:
        return self.rule < ReadingRule.KNOWN_FACTS


@dataclass(frozen=True)
class PieceRow:
    """A piece of a profile.

    `owner` is the row number of the profile. `part` is the position of the piece among the capabilities or past work.
    """

    owner: int
    of: ProfileRow
    kind: PassageKind
    part: int

    @property
    def work(self) -> TrackRecord | None:
        """The piece of past work, or None if this piece is not past work."""
        return self.of.profile.track_record[self.part] if self.kind is PassageKind.TRACK_RECORD else None

    @property
    def regions(self) -> frozenset[Region]:
        """The regions of the past work, or an empty set if this piece is not past work."""
        return self.of.work_regions[self.part] if self.work else frozenset()

    @property
    def cpv(self) -> tuple[str, ...]:
        """The CPV codes of the capability or past work, or an empty tuple for other kinds of piece."""
        if self.kind is PassageKind.CAPABILITY:
            return self.of.profile.capabilities[self.part].cpv
        return self.work.cpv if self.work else ()


@dataclass(frozen=True)
class PassageRow:
    """A passage with its lexical terms. `owner` and `piece` are the row numbers of its profile and its piece."""

    owner: int
    piece: int
    passage: Passage
    terms: Sequence[str]


def _profile(dtype: Any, value: Callable[[ProfileRow], Any], *, ragged: bool = False) -> dict[str, Column]:
    return {"column": Column(dtype, value, ragged)}


def _piece(dtype: Any, value: Callable[[PieceRow], Any], *, ragged: bool = False) -> dict[str, Column]:
    return {"column": Column(dtype, value, ragged)}


def _passage(dtype: Any, value: Callable[[PassageRow], Any]) -> dict[str, Column]:
    return {"column": Column(dtype, value, ragged=False)}


def _or_nan(amount: float | None) -> float:
    return np.nan if amount is None else amount


def _identifiers(profile: Profile) -> list[str]:
    numbers = profile.identifiers.model_dump(exclude_none=True, exclude={"further_charity_numbers"})
    further = profile.identifiers.further_charity_numbers
    return [f"{kind}:{number}" for kind, number in [*numbers.items(), *(("charity", number) for number in further)]]


@dataclass(frozen=True)
class ProfileColumns(Columns):
    """One row per profile."""

    id: Array = field(metadata=_profile(np.str_, lambda row: row.profile.id))
    # The sequence number of the indexed revision.
    sequence: Array = field(metadata=_profile(np.int64, lambda row: row.sequence))
    # The position of the supplier's kind in `SECTORS`.
    sector: Array = field(metadata=_profile(np.int8, lambda row: SECTORS.index(row.kind)))
    # One bit for each region where the supplier works; 0 if unknown.
    regions: Array = field(metadata=_profile(np.int32, lambda row: bits_of(row.regions)))
    # One bit for each region that the profile states or, if it states none, for the region of its postcode. 0 if both
    # are unknown.
    home: Array = field(metadata=_profile(np.int32, lambda row: bits_of(row.home)))
    # The position of the size in `SIZES`.
    size: Array = field(metadata=_profile(np.int8, lambda row: SIZES.index(size_of(row.profile))))
    # In pounds a year; NaN if unknown.
    turnover: Array = field(metadata=_profile(np.float64, lambda row: _or_nan(row.profile.turnover)))
    # The key of each accreditation scheme held, and the last day on which the accreditation is valid, in days since
    # 1970.
    schemes: Ragged = field(
        metadata=_profile(np.str_, lambda row: [scheme for scheme, _ in held_schemes(row.profile)], ragged=True)
    )
    expires: Ragged = field(
        metadata=_profile(np.int32, lambda row: [last for _, last in held_schemes(row.profile)], ragged=True)
    )
    # The register and the number, for example "charity:1000003".
    identifiers: Ragged = field(metadata=_profile(np.str_, lambda row: _identifiers(row.profile), ragged=True))


@dataclass(frozen=True)
class PieceColumns(Columns):
    """One row per piece. The pieces of a profile are consecutive, in the same order as in the profile."""

    # The row of the profile.
    owner: Array = field(metadata=_piece(np.int32, lambda row: row.owner))
    # The `PassageKind` of the piece.
    kind: Array = field(metadata=_piece(np.int8, lambda row: row.kind))
    # The position of the capability or past work in the profile.
    part: Array = field(metadata=_piece(np.int32, lambda row: row.part))
    # The position of the family in `FAMILIES`.
    family: Array = field(metadata=_piece(np.int8, lambda row: FAMILIES.index(_FAMILY[row.kind])))
    # The date of the past work, in days since 1970; `UNDATED` if unknown.
    day: Array = field(
        metadata=_piece(np.int32, lambda row: day_number(row.work.date) if row.work and row.work.date else UNDATED)
    )
    # The value of the past work in pounds; NaN if unknown.
    value: Array = field(metadata=_piece(np.float64, lambda row: _or_nan(row.work.value if row.work else None)))
    # One bit for each region of the past work; 0 if there is none.
    regions: Array = field(metadata=_piece(np.int32, lambda row: bits_of(row.regions)))
    # CPV codes as numbers.
    cpv: Ragged = field(metadata=_piece(np.int32, lambda row: [int(code) for code in row.cpv], ragged=True))


@dataclass(frozen=True)
class PassageColumns(Columns):
    """One row per passage. The passages of a profile are consecutive, in the same order as in the profile."""

    # The row of the profile.
    owner: Array = field(metadata=_passage(np.int32, lambda row: row.owner))
    # The row of the piece.
    piece: Array = field(metadata=_passage(np.int32, lambda row: row.piece))
    # Whether the passage is only the title of its piece.
    title: Array = field(metadata=_passage(bool, lambda row: row.passage.kind is PassageKind.TRACK_RECORD_TITLE))
    # The number of lexical terms.
    length: Array = field(metadata=_passage(np.int32, lambda row: len(row.terms)))
    # The Euclidean length of the damped term counts.
    norm: Array = field(metadata=_passage(np.float64, lambda row: norm_of(row.terms)))


@cache
def layout_digest() -> str:
    """Return a short digest of the column definitions. A snapshot with different columns has a different digest."""
    layouts = "\n".join(table.layout() for table in (ProfileColumns, PieceColumns, PassageColumns))
    return hashlib.blake2b(layouts.encode(), digest_size=8).hexdigest()
