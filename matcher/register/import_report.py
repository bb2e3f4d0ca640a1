"""Import reports: what an import or a fetch read, changed, dropped and rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from matcher.sources.statement import MAX_WARNINGS, SourceWarning, Tally

# Names of the counts for data dropped from notices. These counts are reported even if they are 0.
DROP_COUNTS: Final = (
    "contact points",
    "contact details in texts",
    "needs cancelled",
    "awards without a supplier",
    "suppliers without a name",
    "suppliers who are persons",
    "suppliers that are placeholders",
    "suppliers that are the buyer",
    "awards whose contracts were cancelled",
    "values not in pounds",
    "values of 0 or 1",
    "values that cannot be read",
)
# The name of the count of records that are no longer listed in a whole register, so that their suppliers have ended.
ENDED: Final = "ended, as no longer listed"
# The maximum number of records to report that are no longer listed.
_MAX_RECORDS: Final = 100
# The maximum number of ignored field names to count separately. A file with more names does not contain records.
_MAX_IGNORED: Final = 1_000


@dataclass
class ImportReport:
    """The result of an import or a fetch.

    `files` counts files or pages. `profiles` and `needs` count the records submitted, by outcome. For a public
    source, the outcomes for needs are in `counts` instead. `dropped_fields` counts each field that was dropped, by
    dotted path. `redacted_fields` counts each field from which contact details were removed. `rejected` counts the
    lines or parts that could not be used, and `rejects_file` is the file that holds them, if there is one. `warnings`
    lists the first parts of a public source that were left out or read in another way than written, and `warned` counts
    them all. `no_longer_listed` holds the records of a register that earlier files listed and these do not.
    """

    files: int = 0
    profiles: Counter[str] = field(default_factory=Counter)
    needs: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    dropped_fields: Counter[str] = field(default_factory=Counter)
    redacted_fields: Counter[str] = field(default_factory=Counter)
    rejected: int = 0
    rejects_file: Path | None = None
    warnings: list[SourceWarning] = field(default_factory=list)
    warned: int = 0
    no_longer_listed: list[str] = field(default_factory=list)

    @property
    def added(self) -> int:
        """The number of profiles and needs added."""
        return self.profiles["added"] + self.needs["added"]

    @property
    def updated(self) -> int:
        """The number of profiles and needs updated."""
        return self.profiles["updated"] + self.needs["updated"]

    @property
    def unchanged(self) -> int:
        """The number of profiles and needs that did not change."""
        return self.profiles["unchanged"] + self.needs["unchanged"]

    def add_tally(self, tally: Tally) -> None:
        """Add the counts in `tally` to this report."""
        self.counts.update(tally.counts)
        self.dropped_fields.update(tally.fields)
        for warning in tally.warnings:
            self.warn(warning)
        self.warned += tally.warned - len(tally.warnings)

    def warn(self, warning: SourceWarning) -> None:
        """Count `warning`, and list it unless there are too many."""
        self.warned += 1
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(warning)

    def count_redacted(self, paths: Iterable[str]) -> None:
        """Add 1 to the count of each field in `paths`, such as "capabilities.0.title", without the positions."""
        self.redacted_fields.update(".".join(part for part in path.split(".") if not part.isdigit()) for path in paths)

    def count_ignored(self, names: Iterable[str]) -> None:
        """Add 1 to the count of each dropped field in `names`, for up to 1,000 different names."""
        for name in names:
            if name in self.dropped_fields or len(self.dropped_fields) < _MAX_IGNORED:
                self.dropped_fields[name] += 1


def records_report(report: ImportReport) -> dict[str, Any]:
    """Return the report on an import of records as JSON values."""
    return {
        "files": report.files,
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
        "ignored_fields": dict(sorted(report.dropped_fields.items())),
        "redacted_fields": dict(sorted(report.redacted_fields.items())),
        "rejects_file": str(report.rejects_file) if report.rejects_file else None,
    }


def source_report(report: ImportReport) -> dict[str, Any]:
    """Return the report on an import from a public source as JSON values, with names in alphabetical order.

    Up to 100 records that are no longer listed are named.
    """
    return {
        "files": report.files,
        "rejected": report.rejected,
        "counts": dict(sorted(report.counts.items())),
        "profiles": dict(sorted((+report.profiles).items())),
        "dropped_fields": dict(sorted((+report.dropped_fields).items())),
        "warnings": [asdict(warning) for warning in report.warnings],
        "warnings_in_all": report.warned,
        **({"no_longer_listed": report.no_longer_listed[:_MAX_RECORDS]} if report.no_longer_listed else {}),
        "rejects_file": str(report.rejects_file) if report.rejects_file else None,
    }
