"""Workbook: the results of a programme in Excel.

All supplied text is written as text, never as a formula. Only web addresses become links. Rows are written to disk as
they arrive, so memory use stays constant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from matcher.programme.results.assignment import AssignedSupplier, Assignment
from matcher.programme.results.exposure import ExposureRow
from matcher.programme.results.figures import LEVELS, NO_ICB, CoverageByLevel, ProgrammeFigures, is_gap
from matcher.programme.results.pairs import MatchedNeed, Pairs, Supplier
from matcher.programme.results.sheets import (
    ASSIGNMENT,
    GAPS,
    MATCHES,
    NEEDS,
    SUPPLIERS,
    AssignmentRow,
    LinkedRow,
)
from matcher.programme.results.tables import NeedResult
from matcher.programme.results.worksheet import MAX_ROWS, Share, Sheet, SheetLayout, cell_text, number_format

R = TypeVar("R")

# The same creation date in every workbook, so that equal results give equal files.
_CREATED: Final = datetime(2026, 1, 1)
_CAVEATS: Final = (
    "Probability: the share of pairs of a need and a supplier with this score that readers judged suitable.",
    "A supplier is not found if it is not in the register or its profile says little. Where there is a gap, consider "
    "asking the market.",
    "These results help you discover partners. They do not evaluate offers or decide awards.",
)


class Workbook:
    """The workbook of a programme, while it is being written."""

    def __init__(self, book: Any, *, max_rows: int = MAX_ROWS, assigning: bool = False) -> None:
        self._formats = _formats(book)
        self._readme = book.add_worksheet("Read me")
        self._summary = book.add_worksheet("Summary")

        def sheet(layout: SheetLayout[R]) -> Sheet[R]:
            return Sheet(book, layout, self._formats, max_rows)

        self._needs, self._matches = sheet(NEEDS), sheet(MATCHES)
        self._gaps, self._suppliers = sheet(GAPS), sheet(SUPPLIERS)
        self._assignment = sheet(ASSIGNMENT) if assigning else None
        self._need_links: list[str] = []

    @classmethod
    @contextmanager
    def open(
        cls, path: Path, scratch: Path, *, max_rows: int = MAX_ROWS, assigning: bool = False
    ) -> Iterator[Workbook]:
        """Write to `path`, with temporary files in `scratch`. If `assigning`, include the sheet "Assignment"."""
        import xlsxwriter

        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(str(path), {**options, "tmpdir": str(scratch)}) as book:
            book.set_properties({"created": _CREATED, "title": "Partnership matches"})
            workbook = cls(book, max_rows=max_rows, assigning=assigning)
            yield workbook
            workbook.close()

    def add(self, result: NeedResult) -> None:
        """Add the result for a need."""
        need_link = self._needs.next_link()
        match_links = [self._matches.add(LinkedRow(match, need_link)) for match in result.matches]
        self._need_links.append(self._needs.add(LinkedRow(result, next(iter(match_links), None))))
        if is_gap(result):
            self._gaps.add(LinkedRow(result, need_link))

    def add_suppliers(self, matches: Iterable[tuple[Supplier, MatchedNeed]]) -> None:
        """Add each supplier, with the needs for which it is shown."""
        for supplier, need in matches:
            self._suppliers.add(LinkedRow((supplier, need), self._need_links[need.number]))

    def add_assignment(self, best: Assignment, greedy: Assignment, pairs: Pairs) -> None:
        """Add the supplier assigned to each need. A need that is not served gets a row without a supplier."""
        assert self._assignment is not None
        best_by_need, greedy_by_need = best.by_need(), greedy.by_need()

        def named(assigned: AssignedSupplier | None) -> tuple[str, AssignedSupplier] | None:
            return (pairs.supplier(assigned.supplier).name, assigned) if assigned else None

        for number, link in enumerate(self._need_links):
            suppliers = named(best_by_need.get(number)), named(greedy_by_need.get(number))
            self._assignment.add(LinkedRow(AssignmentRow(*pairs.need(number), *suppliers), link))

    def conclude(self, figures: ProgrammeFigures, notes: Sequence[str]) -> None:
        """Write the sheets "Read me" and "Summary", which depend on all the figures."""
        self._readme.set_column(0, 0, 30)
        self._readme.set_column(1, 1, 110)
        sheets = [(name, sheet.layout.purpose) for sheet in self._sheets() for name in sheet.names]
        rows = [("Programme", figures.programme.name), ("Area", figures.programme.area.name), *_facts(figures)]
        rows += [("", ""), ("Sheet", "What it is for"), ("Summary", "Needs by how well they are covered."), *sheets]
        rows += [("", ""), *(("Note", note) for note in (*notes, *_CAVEATS))]
        for row, (name, text) in enumerate(rows):
            self._write_text(self._readme, row, 0, name, "title" if row == 0 else "strong")
            self._write_text(self._readme, row, 1, text, "title" if row == 0 else "wrapped")
        self._write_summary(figures)

    def close(self) -> None:
        """Set the filters in all sheets."""
        for sheet in self._sheets():
            sheet.close()

    def _sheets(self) -> list[Sheet[Any]]:
        sheets: list[Sheet[Any]] = [self._needs, self._matches, self._gaps, self._suppliers]
        return [*sheets, self._assignment] if self._assignment else sheets

    def _write_summary(self, figures: ProgrammeFigures) -> None:
        self._summary.set_column(0, 0, 44)
        self._summary.set_column(1, 6, 14)
        self._summary.freeze_panes(1, 1)
        for row, cells in enumerate(_summary_rows(figures)):
            heading = row == 0 or (bool(cells) and isinstance(cells[-1], str))
            for column, cell in enumerate(cells):
                if isinstance(cell, str):
                    self._write_text(self._summary, row, column, cell, "header" if heading else "text")
                else:
                    self._summary.write_number(row, column, cell, self._formats[number_format(cell)])

    def _write_text(self, sheet: Any, row: int, column: int, text: str, format_name: str) -> None:
        if text:
            sheet.write_string(row, column, cell_text(text), self._formats[format_name])


def _facts(figures: ProgrammeFigures) -> list[tuple[str, str]]:
    filters = figures.programme.filters.model_dump(mode="json", exclude_defaults=True)
    described = "; ".join(f"{name} {value}" for name, value in filters.items()) or "none"
    top, suppliers = figures.programme.top, figures.suppliers
    return [
        ("Day", figures.on),
        ("Needs", f"{figures.needs:,}"),
        ("Matches", f"{figures.matches:,}, at most {top} per need, from {suppliers:,} suppliers"),
        ("Register", f"{figures.considered:,} profiles, as of change {figures.sequence:,}"),
        ("Model", figures.model),
        ("Filters", described),
    ]


def _summary_rows(figures: ProgrammeFigures) -> Iterator[Sequence[Any]]:
    groups = (("Region", figures.by_region), ("Integrated care board", figures.by_icb), ("Theme", figures.by_theme))
    known = [(heading, lines) for heading, lines in groups if any(line.group != NO_ICB for line in lines)]
    for heading, lines in (("Programme", (figures.overall,)), *known):
        yield (heading, "Needs", *(level.capitalize() for level in LEVELS))
        yield from map(_coverage_cells, lines)
        yield ()
    for heading, rows in (("Sector", figures.sectors), ("Size", figures.sizes)):
        yield (heading, "Of eligible", "Of shown", "Of shown first")
        yield from map(_exposure_cells, rows)
        yield ()
    yield ("Suppliers most sought", "First for", "Shown for")
    yield from ((supplier.name, supplier.first, supplier.shown) for supplier in figures.sought)
    if figures.assignments:
        yield ()
        yield ("Assignment", "Needs served", "First choices", "Sum of prob.", "Suppliers", "Most for one")
        for way in figures.assignments:
            yield (way.way, way.served, way.first_choices, way.probability, way.suppliers, way.most)


def _coverage_cells(line: CoverageByLevel) -> Sequence[Any]:
    return (line.group, line.needs, *(line.counts[level] for level in LEVELS))


def _exposure_cells(row: ExposureRow) -> Sequence[Any]:
    return (row.name, Share(row.eligible), Share(row.shown), Share(row.first))


def _formats(book: Any) -> dict[str, Any]:
    top = {"valign": "top"}
    return {
        "header": book.add_format({"bold": True, "bg_color": "#005EB8", "font_color": "#FFFFFF", **top}),
        "title": book.add_format({"bold": True, "font_size": 14, **top}),
        "strong": book.add_format({"bold": True, **top}),
        "text": book.add_format(top),
        "wrapped": book.add_format({"text_wrap": True, **top}),
        "whole": book.add_format({"num_format": "#,##0", **top}),
        "number": book.add_format({"num_format": "#,##0.00", **top}),
        "share": book.add_format({"num_format": "0.0%", **top}),
        "link": book.add_format({"font_color": "#005EB8", "underline": True, **top}),
    }
