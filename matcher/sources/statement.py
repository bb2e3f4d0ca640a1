"""Statements: what one source says about one supplier, where it says so, and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

# The source name for profiles written by suppliers themselves, or by clients acting on their behalf.
SUPPLIER: Final = "supplier"


@dataclass(frozen=True)
class Origin:
    """The origin of a statement: a file or address, the place inside it, and the date of the statement, if known."""

    file: str
    place: str
    stated: date | None = None


@dataclass(frozen=True)
class Statement:
    """What `source` says about one supplier. `record` is the source's own record number.

    `fields` holds profile fields as JSON values, without the id. `proposed` is the id for a new profile. `ended` means
    that the supplier no longer exists. A `known_only` statement adds to an existing profile but never creates a new
    one. `party` is the publisher's own number for the supplier, if there is one.
    """

    source: str
    record: str
    fields: Mapping[str, Any]
    origin: Origin
    proposed: str
    ended: bool = False
    known_only: bool = False
    party: str | None = None


@dataclass
class Tally:
    """Counts of what was read, kept and dropped, by name. `fields` counts dropped fields by dotted path."""

    counts: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
