"""Statements: what one source says about one supplier, where it says so, and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from matcher.foundations.personal_data import redact
from matcher.records.text import clean

# The maximum number of warnings to list. Further warnings are only counted.
MAX_WARNINGS: Final = 1_000
_MAX_SHOWN: Final = 100
# How many of the latest warnings to compare with, so that one problem read twice is reported once.
_RECENT: Final = 20
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


@dataclass(frozen=True)
class SourceWarning:
    """Something in a source that was left out, or read in another way than written.

    `place` says where in `file`, such as "release 12". `field` is the dotted path of the part, and `text` the start of
    what is written there, without contact details. `action` says what was done with it.
    """

    file: str
    place: str
    field: str
    text: str
    action: str


@dataclass
class Tally:
    """Counts of what was read, kept and dropped, by name. `fields` counts dropped fields by dotted path.

    `warnings` holds the first warnings, and `warned` is the number of all warnings. `origin` is the place being read.
    """

    counts: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    warnings: list[SourceWarning] = field(default_factory=list)
    warned: int = 0
    origin: Origin = Origin("", "")

    def warn(self, field: str, text: object, action: str) -> None:
        """Add a warning about `field`, which holds `text`, at the place being read. A repeated warning is not added."""
        shown = redact(clean(str(text)[:_MAX_SHOWN])).text
        warning = SourceWarning(self.origin.file, self.origin.place, field, shown, action)
        if warning in self.warnings[-_RECENT:]:
            return
        self.warned += 1
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(warning)
