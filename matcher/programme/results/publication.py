"""Publication: everything a programme hands out, from its needs and the answers to them, in one pass."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from matcher.foundations.errors import InvalidInput
from matcher.foundations.staged_files import StagedFiles, explain_disk_errors
from matcher.programme.area import BodyLookup, empty_lookup
from matcher.programme.programme import Programme
from matcher.programme.results.assignment import Assignment, greedy, optimal, unlimited
from matcher.programme.results.exposure import Eligibility
from matcher.programme.results.figures import MAX_IN_DEMAND, FiguresBuilder, ProgrammeFigures
from matcher.programme.results.pairs import Pairs, Supplier
from matcher.programme.results.report import report_page
from matcher.programme.results.tables import CsvWriter, JsonLinesWriter, NeedResult, ParquetWriter, ResultWriter
from matcher.programme.results.themes import theme_of
from matcher.programme.results.workbook import Workbook
from matcher.programme.results.worksheet import MAX_ROWS
from matcher.records import Need, Profile, SearchResult, size_of

MATCHES: Final = ("matches.jsonl", "matches.csv", "matches.parquet")
WORKBOOK: Final = "matches.xlsx"
REPORT, FIGURES = "report.html", "figures.json"
# What is needed while writing, removed at the end, and at the beginning where somebody was killed.
_SCRATCH: Final = ".publication"

# Returns the profiles of ids as they were at a sequence number of the store; `Store.profiles` is one.
Profiles = Callable[[Sequence[str], int], Mapping[str, Profile]]


@dataclass(frozen=True)
class PublicationSources:
    """Where a publication finds what the answers do not say: profiles, who is eligible, who an NHS code stands for."""

    profiles: Profiles
    eligible: Eligibility
    lookup: BodyLookup = empty_lookup


@dataclass(frozen=True)
class Publication:
    """What was handed out: the figures, the files, and the ids of the needs nobody is eligible for."""

    figures: ProgrammeFigures
    files: tuple[Path, ...]
    unmatched: tuple[str, ...]


def publish(
    programme: Programme,
    needs: Iterable[Need],
    results: Iterable[SearchResult],
    sources: PublicationSources,
    out: Path,
    *,
    notes: tuple[str, ...] = (),
    most_rows: int = MAX_ROWS,
) -> Publication:
    """Write the matches in four forms, the report and its figures into `out`; all files appear, or none.

    `results` answers `needs` one for one, in their order; neither is held in memory. Equal answers on the same day
    give equal files.

    Raises:
        InvalidInput: there is no need.
        Unavailable: `out` cannot be written.

    """
    on = (programme.on or date.today()).isoformat()
    with explain_disk_errors(out), StagedFiles(out) as staging, ExitStack() as stack:
        scratch = stack.enter_context(_scratch(out))
        pairs = stack.enter_context(Pairs(scratch / "pairs.sqlite"))
        tally = FiguresBuilder(programme, sources.lookup)
        with ExitStack() as files:
            tables: list[ResultWriter] = [
                files.enter_context(opened)
                for opened in (
                    JsonLinesWriter.open(staging.path(MATCHES[0])),
                    CsvWriter.open(staging.path(MATCHES[1])),
                    ParquetWriter.open(staging.path(MATCHES[2])),
                )
            ]
            assigning = programme.capacity is not None
            opened = Workbook.open(staging.path(WORKBOOK), scratch, most_rows=most_rows, assigning=assigning)
            workbook = files.enter_context(opened)
            for answered in _answered(needs, results, sources, pairs):
                for table in (*tables, workbook):
                    table.add(answered)
                tally.add(answered, sources.eligible(answered.need))
            if not tally.needs:
                raise InvalidInput("there is no need to match", remedy="Give at least one need")
            figures = _concluded(workbook, tally, pairs, on, notes)
        staging.path(FIGURES).write_text(figures.model_dump_json(indent=2) + "\n", encoding="utf-8")
        staging.path(REPORT).write_text(report_page(figures, notes), encoding="utf-8")
    written = tuple(out / name for name in (REPORT, WORKBOOK, *MATCHES, FIGURES))
    return Publication(figures, written, tuple(tally.unmatched))


@contextmanager
def _scratch(out: Path) -> Iterator[Path]:
    folder = out / _SCRATCH
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answered(
    needs: Iterable[Need], results: Iterable[SearchResult], sources: PublicationSources, pairs: Pairs
) -> Iterator[NeedResult]:
    known: dict[tuple[int, str], Supplier] = {}
    for number, (need, result) in enumerate(zip(needs, results, strict=True)):
        if need.id != result.need_id:
            raise ValueError(f"the answer to {result.need_id} stands where that to {need.id} should")
        keys = [(result.sequence, match.profile_id) for match in result.results]
        for supplier in _read([id for at, id in keys if (at, id) not in known], result.sequence, sources):
            known[result.sequence, supplier.id] = supplier
            pairs.add_supplier(supplier)
        pairs.add(number, need.id, need.title, ((m.profile_id, m.rank, m.probability, m.band) for m in result.results))
        yield NeedResult(number, need, theme_of(need), result, tuple(known[key] for key in keys))


def _read(ids: list[str], at: int, sources: PublicationSources) -> Iterator[Supplier]:
    profiles = sources.profiles(ids, at) if ids else {}
    return (Supplier.of(profile, size_of(profile)) for profile in profiles.values())


def _concluded(
    workbook: Workbook, tally: FiguresBuilder, pairs: Pairs, on: str, notes: tuple[str, ...]
) -> ProgrammeFigures:
    workbook.add_suppliers(pairs.by_supplier())
    ways: dict[str, Assignment] = {}
    if (capacity := tally.programme.capacity) is not None:
        found = pairs.all()
        best, plain = optimal(found, capacity), greedy(found, capacity)
        ways = {"Without a limit": unlimited(found), "Greedy": plain, "Best": best}
        workbook.add_assignment(best, plain, pairs)
    figures = tally.figures(on=on, suppliers=pairs.suppliers(), sought=pairs.sought(MAX_IN_DEMAND), assignments=ways)
    workbook.conclude(figures, notes)
    return figures
