"""Intake: files of public sources into the register, each wholly or not at all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.paths import display_path
from matcher.register.notices import NoticeImport, Trimmed
from matcher.register.organisations import put_organisations
from matcher.register.session import Session
from matcher.sources import charity_commission, companies_house, cqc, ocds, ods
from matcher.sources.formats.files import find_files
from matcher.sources.formats.jsonl import Rejected
from matcher.sources.formats.rejects import RejectsFile
from matcher.sources.register_rows import ENDINGS, Spoken
from matcher.sources.statement import Statement, Tally
from matcher.store import Store, Writer

# Called with the bytes read so far and the bytes of all files, as they lie on the disk.
Progress = Callable[[int, int], None]
_Told = Callable[[int], None]


class Kind(StrEnum):
    """The public sources whose files can be read."""

    OCDS = "ocds"
    CHARITY_COMMISSION = "charity-commission"
    COMPANIES_HOUSE = "companies-house"
    CQC = "cqc"
    ODS = "ods"


# What is told of notices even where there was none of it: what was dropped.
DROPPED: Final = (
    "contact points",
    "contact details in texts",
    "needs cancelled",
    "awards without a supplier",
    "suppliers without a name",
    "suppliers who are persons",
    "values not in pounds",
    "values of 0 or 1",
)


@dataclass
class IntakeReport:
    """What came of files or pages: `counts` by name, `profiles` by outcome, `dropped` fields by their path."""

    files: int = 0
    rejected: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    profiles: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    rejects_file: Path | None = None

    def add(self, other: IntakeReport) -> None:
        """Add the counts of another report to this one."""
        self.files += other.files
        self.rejected += other.rejected
        for mine, theirs in (
            (self.counts, other.counts),
            (self.profiles, other.profiles),
            (self.dropped, other.dropped),
        ):
            mine.update(theirs)


_ROWS: Final = {
    Kind.CHARITY_COMMISSION: charity_commission.read,
    Kind.COMPANIES_HOUSE: companies_house.read,
    Kind.CQC: cqc.read,
}


def take_files(
    store: Store,
    kind: Kind,
    paths: Iterable[Path],
    *,
    on_error: Literal["stop", "skip"] = "stop",
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> IntakeReport:
    """Take files of a public source, and folders of them, into the register, one transaction a file.

    Taking a file again changes nothing. With `on_error` "stop" the first part that cannot be used raises, and
    nothing of its file is kept; with "skip" such parts are passed over and noted in `rejects`, without their text.

    Raises:
        InvalidInput: a path or a file as a whole cannot be read, or, with "stop", a part of one.
        Unavailable: the store or the rejects file cannot be written.

    """
    endings = {Kind.OCDS: ocds.ENDINGS, Kind.ODS: ods.ENDINGS}
    files = find_files(paths, endings.get(kind, ENDINGS))
    sizes = [file.stat().st_size for file in files]
    report = IntakeReport()
    with RejectsFile(rejects) as rejected:
        for number, file in enumerate(files):
            tell = _teller(progress, sum(sizes[:number]), sum(sizes))
            report.add(_take_file(store, kind, file, rejected if on_error == "skip" else None, tell))
            tell(sizes[number])
        report.rejects_file = rejected.path
    return report


def _teller(progress: Progress | None, done: int, total: int) -> _Told:
    return lambda position: progress(done + position, total) if progress else None


def _take_file(store: Store, kind: Kind, file: Path, rejects: RejectsFile | None, tell: _Told) -> IntakeReport:
    report = IntakeReport(files=1)

    def refuse(problem: InvalidInput) -> None:
        if rejects is None:
            raise problem
        report.rejected += 1
        place = problem.place
        rejects.write(Rejected(place.file or display_path(file), place.line or 0, 0, problem, b""))

    with rejects.all_or_none() if rejects else nullcontext(), store.writing() as writer:
        if kind is Kind.OCDS:
            take_releases(writer, _trimmed(file, report, refuse, tell), report, refuse)
        elif kind is Kind.ODS:
            _take_organisations(writer, file, report, refuse, tell)
        else:
            tally = Tally()
            _take_statements(writer, _spoken(_ROWS[kind](file, tally), refuse, tell), tally, report)
        if rejects:
            rejects.flush()
    return report


def take_releases(
    writer: Writer, releases: Iterable[Trimmed], report: IntakeReport, refuse: Callable[[InvalidInput], None]
) -> None:
    """Take releases in the transaction of `writer`; `refuse` is called for a process that cannot be used."""
    tally = Tally(Counter(dict.fromkeys(DROPPED, 0)))
    session = Session(writer)
    session.follow()
    notices = NoticeImport(writer, session, tally)
    notices.take(releases)
    notices.finish(refuse)
    _close(session, tally, report)


def trimmed(release: object, place: Place, where: str, report: IntakeReport) -> Trimmed:
    """Return a release as it is kept; raises as `ocds.trim`."""
    tally = Tally()
    report.counts["releases read"] += 1
    try:
        return Trimmed(ocds.trim(release, tally, place), place.file or "", where)
    finally:
        report.counts.update(tally.counts)
        report.dropped.update(tally.fields)


def _trimmed(
    file: Path, report: IntakeReport, refuse: Callable[[InvalidInput], None], tell: _Told
) -> Iterator[Trimmed]:
    for number, read in enumerate(ocds.read_releases(file), start=1):
        try:
            yield trimmed(read.release, read.place, f"release {number}", report)
        except InvalidInput as problem:
            refuse(problem)
        tell(read.position)


def _take_statements(writer: Writer, statements: Iterable[Statement], tally: Tally, report: IntakeReport) -> None:
    session = Session(writer)
    session.follow()
    session.take(statements)
    _close(session, tally, report)


def _spoken(rows: Iterable[Spoken], refuse: Callable[[InvalidInput], None], tell: _Told) -> Iterator[Statement]:
    for row in rows:
        if row.problem is not None:
            refuse(row.problem)
        yield from row.statements
        tell(row.position)


def _take_organisations(
    writer: Writer, file: Path, report: IntakeReport, refuse: Callable[[InvalidInput], None], tell: _Told
) -> None:
    def usable() -> Iterator[ods.OdsOrganisation]:
        for found, position in ods.read(file):
            report.counts["organisations read"] += 1
            if isinstance(found, InvalidInput):
                refuse(found)
            else:
                yield found
            tell(position)

    report.counts["organisations new or changed"] += put_organisations(writer, usable())


def _close(session: Session, tally: Tally, report: IntakeReport) -> None:
    report.profiles.update(session.finish())
    report.counts.update(tally.counts)
    report.counts.update(session.counts)
    report.dropped.update(tally.fields)


def shown_as_json(report: IntakeReport) -> str:
    """Return a report as JSON, names in alphabetical order."""
    value = {
        "files": report.files,
        "rejected": report.rejected,
        "counts": dict(sorted(report.counts.items())),
        "profiles": dict(sorted((+report.profiles).items())),
        "dropped_fields": dict(sorted((+report.dropped).items())),
        "rejects_file": str(report.rejects_file) if report.rejects_file else None,
    }
    return json.dumps(value, indent=2)
