"""Publication: writes all the result files of a programme, in one pass over the needs."""

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
from matcher.records import Need, Profile, SearchResult

MATCHES: Final = ("matches.jsonl", "matches.csv", "matches.parquet")
WORKBOOK: Final = "matches.xlsx"
REPORT, FIGURES = "report.html", "figures.json"
# The folder for temporary files. It is removed at the end, and at the start in case a killed process left it behind.
_SCRATCH: Final = ".publication"

# Returns the profiles with the given ids, keyed by id, as they were at a sequence number of the store.
Profiles = Callable[[Sequence[str], int], Mapping[str, Profile]]


@dataclass(frozen=True)
class PublicationSources:
    """Where a publication finds profiles, the mix of eligible suppliers, and NHS bodies by code or name."""

    profiles: Profiles
    eligible: Eligibility
    lookup: BodyLookup = empty_lookup


@dataclass(frozen=True)
class Publication:
    """The figures, the files written, and the ids of the needs without an eligible supplier."""

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
    max_rows: int = MAX_ROWS,
) -> Publication:
    """Write the matches in four formats, the report and its figures to `out`. Either all files appear, or none.

    `results` holds one result per need, in the order of `needs`. Neither the needs nor the results are held in
    memory. On the same day, identical results give identical files.

    Args:
        notes: sentences to add to the report and the workbook.
        max_rows: the maximum number of rows in a sheet of the workbook. The remaining rows go to another sheet.

    Raises:
        InvalidInput: `needs` is empty.
        Unavailable: `out` cannot be written.
        ValueError: `results` does not match `needs`.

    """
    on = (programme.on or date.today()).isoformat()
    with explain_disk_errors(out), StagedFiles(out) as staged, ExitStack() as stack:
        scratch = stack.enter_context(_scratch(out))
        pairs = stack.enter_context(Pairs(scratch / "pairs.sqlite"))
        builder = FiguresBuilder(programme, sources.lookup)
        with ExitStack() as files:
            tables: list[ResultWriter] = [
                files.enter_context(writer)
                for writer in (
                    JsonLinesWriter.open(staged.path(MATCHES[0])),
                    CsvWriter.open(staged.path(MATCHES[1])),
                    ParquetWriter.open(staged.path(MATCHES[2])),
                )
            ]
            assigning = programme.capacity is not None
            opening = Workbook.open(staged.path(WORKBOOK), scratch, max_rows=max_rows, assigning=assigning)
            workbook = files.enter_context(opening)
            for result in _need_results(needs, results, sources, pairs):
                for table in (*tables, workbook):
                    table.add(result)
                builder.add(result, sources.eligible(result.need))
            if not builder.needs:
                raise InvalidInput("there are no needs to match", remedy="Supply at least one need")
            figures = _conclude(workbook, builder, pairs, on, notes)
        staged.path(FIGURES).write_text(figures.model_dump_json(indent=2) + "\n", encoding="utf-8")
        staged.path(REPORT).write_text(report_page(figures, notes), encoding="utf-8")
    written = tuple(out / name for name in (REPORT, WORKBOOK, *MATCHES, FIGURES))
    return Publication(figures, written, tuple(builder.unmatched))


@contextmanager
def _scratch(out: Path) -> Iterator[Path]:
    folder = out / _SCRATCH
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _need_results(
    needs: Iterable[Need], results: Iterable[SearchResult], sources: PublicationSources, pairs: Pairs
) -> Iterator[NeedResult]:
    """Yield each need with its result and its suppliers, and add the pairs to `pairs`."""
    known: dict[tuple[int, str], Supplier] = {}
    for number, (need, result) in enumerate(zip(needs, results, strict=True)):
        if need.id != result.need_id:
            raise ValueError(f"the result for {result.need_id} is in the place of the result for {need.id}")
        keys = [(result.sequence, match.profile_id) for match in result.results]
        for supplier in _suppliers([id for at, id in keys if (at, id) not in known], result.sequence, sources):
            known[result.sequence, supplier.id] = supplier
            pairs.add_supplier(supplier)
        pairs.add(number, need.id, need.title, ((m.profile_id, m.rank, m.probability, m.band) for m in result.results))
        yield NeedResult(number, need, theme_of(need), result, tuple(known[key] for key in keys))


def _suppliers(ids: list[str], at: int, sources: PublicationSources) -> Iterator[Supplier]:
    profiles = sources.profiles(ids, at) if ids else {}
    return (Supplier.of(profile) for profile in profiles.values())


def _conclude(
    workbook: Workbook, builder: FiguresBuilder, pairs: Pairs, on: str, notes: tuple[str, ...]
) -> ProgrammeFigures:
    """Write the sheets that depend on all the results, and return the figures."""
    workbook.add_suppliers(pairs.by_supplier())
    ways: dict[str, Assignment] = {}
    if (capacity := builder.programme.capacity) is not None:
        frame = pairs.frame()
        best, by_greed = optimal(frame, capacity), greedy(frame, capacity)
        ways = {"Without a limit": unlimited(frame), "Greedy": by_greed, "Best": best}
        workbook.add_assignment(best, by_greed, pairs)
    in_demand = pairs.in_demand(MAX_IN_DEMAND)
    figures = builder.figures(on=on, suppliers=pairs.suppliers(), in_demand=in_demand, assignments=ways)
    workbook.conclude(figures, notes)
    return figures
