"""Statement: what one source says of one supplier, with where and when it says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final

_OGL: Final = "Open Government Licence v3.0"


class Source(StrEnum):
    """Who states something, in the order in which they are believed."""

    SUPPLIER = "supplier"
    CHARITY_COMMISSION = "charity-commission"
    COMPANIES_HOUSE = "companies-house"
    CQC = "cqc"
    FIND_A_TENDER = "find-a-tender"
    CONTRACTS_FINDER = "contracts-finder"
    OCDS = "ocds"


PRECEDENCE: Final = {source: rank for rank, source in enumerate(Source)}
REGISTERS: Final = frozenset({Source.CHARITY_COMMISSION, Source.COMPANIES_HOUSE, Source.CQC})
LICENCES: Final[Mapping[Source, str]] = {source: _OGL for source in Source if source not in ("supplier", "ocds")}


@dataclass(frozen=True)
class Origin:
    """Where a statement was read: a file or address, the place in it, and the day it was stated (if known)."""

    file: str
    place: str
    stated: date | None = None


@dataclass(frozen=True)
class Statement:
    """What `source` says under its number `record`: some fields of a profile, as JSON values without its id.

    `proposed` is the id a new profile would get. One that is `ended` says that the supplier is no more. One that
    is for `known_only` suppliers makes no profile. `party` is the publisher's own number of the supplier.
    """

    source: Source
    record: str
    fields: Mapping[str, Any]
    origin: Origin
    proposed: str
    ended: bool = False
    known_only: bool = False
    party: str | None = None


@dataclass
class Tally:
    """What was read, kept and dropped, by name; `fields` counts dropped fields by their path."""

    counts: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add the counts of another tally to this one."""
        self.counts.update(other.counts)
        self.fields.update(other.fields)
