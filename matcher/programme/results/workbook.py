"""Workbook: the results of a programme in Excel, one sheet a purpose.

Every text is written as a text: nothing that was supplied is ever a formula, and an address becomes a link only
where it is one of the web. Rows go to the disk as they come, in constant memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from matcher.programme.results.assignment import Assignment, Pair
from matcher.programme.results.exposure import ExposureRow, size_name
from matcher.programme.results.figures import (
    LEVELS,
    NO_ICB,
    CoverageByLevel,
    ProgrammeFigures,
    is_gap,
    level_of,
    region_of,
)
from matcher.programme.results.pairs import MatchedNeed, Pairs, Supplier
from matcher.programme.results.tables import NeedResult
from matcher.programme.results.worksheet import MAX_ROWS, Share, Sheet, number_form, short

# Longest address that Excel takes for a link, in characters.
_MAX_LINK: Final = 2_000
# One day for all workbooks, so that equal results give equal files.
_MADE: Final = datetime(2026, 1, 1)
_QUOTE: Final = 400

_NEEDS: Final = {
    "Need": 22, "Title": 60, "Buyer": 34, "Region": 22, "Theme": 28, "Eligible": 10, "Covered": 11,
    "Best partner": 36, "Probability": 11, "Matches": 12,
}  # fmt: skip
_MATCHES: Final = {
    "Need": 22, "Title": 46, "Rank": 6, "Partner": 36, "Profile": 28, "Sector": 16, "Size": 9, "Fit": 10,
    "Probability": 11, "Score": 8, "Why": 44, "Evidence": 70, "Where it stands": 40, "Website": 30,
}  # fmt: skip
_GAPS: Final = {
    "Need": 22, "Title": 60, "Buyer": 34, "Theme": 28, "Eligible": 10, "Left out by filter": 44,
    "Comes nearest": 36, "Probability": 11,
}  # fmt: skip
_SUPPLIERS: Final = {
    "Partner": 36, "Profile": 28, "Sector": 16, "Size": 9, "Postcode": 11, "Need": 22, "Title": 60,
    "Rank in its list": 14, "Fit": 10, "Probability": 11, "Website": 30,
}  # fmt: skip
_ASSIGNED: Final = {
    "Need": 22, "Title": 60, "Partner": 36, "Profile": 28, "Rank in its list": 14, "Probability": 11,
    "Greedy: partner": 28, "Greedy: probability": 18,
}  # fmt: skip


class Workbook:
    """The workbook of a programme, being written."""

    def __init__(self, book: Any, *, most_rows: int = MAX_ROWS, assigning: bool = False) -> None:
        self._formats = _formats(book)
        self._readme = book.add_worksheet("Read me")
        self._summary = book.add_worksheet("Summary")

        def sheet(name: str, columns: Mapping[str, int]) -> Sheet:
            return Sheet(book, name, columns, self._formats, most_rows)

        self._needs, self._matches = sheet("Needs", _NEEDS), sheet("Matches", _MATCHES)
        self._gaps, self._suppliers = sheet("Needs without partner", _GAPS), sheet("By supplier", _SUPPLIERS)
        self._assigned = sheet("Assignment", _ASSIGNED) if assigning else None
        self._need_links: list[str] = []

    @classmethod
    @contextmanager
    def open(
        cls, path: Path, scratch: Path, *, most_rows: int = MAX_ROWS, assigning: bool = False
    ) -> Iterator[Workbook]:
        """Write to `path`, with temporary files in `scratch`."""
        import xlsxwriter

        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(str(path), {**options, "tmpdir": str(scratch)}) as book:
            book.set_properties({"created": _MADE, "title": "Partnership matches"})
            workbook = cls(book, most_rows=most_rows, assigning=assigning)
            yield workbook
            workbook.close()

    def add(self, answered: NeedResult) -> None:
        """Add an answer."""
        to_need = self._needs.next()
        first = [self._matches.add(*_match_row(row, to_need)) for row in answered.rows][:1]
        best = next(iter(answered.result.results), None)
        need, result = answered.need, answered.result
        cells = (
            need.id, need.title, answered.buyer, region_of(need), answered.theme, result.eligible, level_of(answered),
            best.name if best else "", Share(best.probability) if best else "", "see matches" if first else "",
        )  # fmt: skip
        self._need_links.append(self._needs.add(cells, {9: first[0]} if first else None))
        if is_gap(answered):
            self._gaps.add(_gap_row(answered), {0: self._need_links[-1]})

    def add_suppliers(self, fits: Iterable[tuple[Supplier, MatchedNeed]]) -> None:
        """Add the view from the other side: each supplier with the needs that fit it."""
        for supplier, fit in fits:
            cells = (
                supplier.name, supplier.id, supplier.sector.value, size_name(supplier.size), supplier.postcode,
                fit.need_id, fit.title, fit.rank, fit.band.value, Share(fit.probability), supplier.website,
            )  # fmt: skip
            self._suppliers.add(cells, {5: self._need_links[fit.number], **_website(10, supplier.website)})

    def add_assignment(self, best: Assignment, greedy: Assignment, pairs: Pairs) -> None:
        """Add who is given each need; needs nobody has room for come with an empty partner."""
        assert self._assigned is not None
        for number, link in enumerate(self._need_links):
            one, other = best.chosen.get(number), greedy.chosen.get(number)
            cells = (*pairs.need(number), *_given(one, pairs), *_given(other, pairs)[::3])
            self._assigned.add(cells, {0: link})

    def conclude(self, figures: ProgrammeFigures, notes: Sequence[str]) -> None:
        """Write the sheets that need the whole: what this is, and what it comes to."""
        self._readme.set_column(0, 0, 30)
        self._readme.set_column(1, 1, 110)
        sheets = ((name, _PURPOSES[sheet.names[0]]) for sheet in self._sheets() for name in sheet.names)
        rows = [("Programme", figures.programme.name), ("Area", figures.programme.area.name), *_facts(figures)]
        rows += [("", ""), ("Sheet", "What it is for"), ("Summary", "Needs by how well they are covered."), *sheets]
        rows += [("", ""), *(("Note", note) for note in (*notes, *_CAVEATS))]
        for row, (name, text) in enumerate(rows):
            self._write_text(self._readme, row, 0, name, "title" if row == 0 else "strong")
            self._write_text(self._readme, row, 1, text, "title" if row == 0 else "wrapped")
        self._conclude_summary(figures)

    def close(self) -> None:
        """Set what can only be set at the end."""
        for sheet in self._sheets():
            sheet.close()

    def _sheets(self) -> list[Sheet]:
        sheets = [self._needs, self._matches, self._gaps, self._suppliers, self._assigned]
        return [sheet for sheet in sheets if sheet is not None]

    def _conclude_summary(self, figures: ProgrammeFigures) -> None:
        self._summary.set_column(0, 0, 44)
        self._summary.set_column(1, 6, 14)
        self._summary.freeze_panes(1, 1)
        for row, cells in enumerate(_summary_rows(figures)):
            heading = row == 0 or (bool(cells) and isinstance(cells[-1], str))
            for column, cell in enumerate(cells):
                if isinstance(cell, str):
                    self._write_text(self._summary, row, column, cell, "header" if heading else "text")
                else:
                    self._summary.write_number(row, column, cell, self._formats[number_form(cell)])

    def _write_text(self, sheet: Any, row: int, column: int, text: str, form: str) -> None:
        if text:
            sheet.write_string(row, column, short(text), self._formats[form])


_PURPOSES: Final = {
    "Needs": "A row a need: how well it is covered, and a link to its matches.",
    "Matches": "A row a match, best first, with the reasons and the evidence.",
    "Needs without partner": "Needs nobody fits: nobody is eligible, or the best is unlikely.",
    "By supplier": "The other side: for each supplier the needs that fit it.",
    "Assignment": "One partner a need such that none is given more than it has room for; beside it the greedy way.",
}
_CAVEATS: Final = (
    "Probability: how often a supplier with this score won, among comparable pairs of need and supplier.",
    "Who is not in the register, or has told it little, is not found. A gap is a reason to ask the market.",
    "This helps to discover partners. It is no evaluation of offers and decides no award.",
)


def _match_row(row: Mapping[str, Any], to_need: str) -> tuple[Sequence[Any], Mapping[int, str]]:
    cells = (
        row["need_id"], row["need_title"], row["rank"], row["name"], row["profile_id"], row["sector"], row["size"],
        row["band"], Share(row["probability"]), round(row["score"], 4), row["reasons"], _quoted(row["evidence"]),
        row["source"], row["website"],
    )  # fmt: skip
    return cells, {0: to_need, **_website(13, row["website"])}


def _gap_row(answered: NeedResult) -> Sequence[Any]:
    best = next(iter(answered.result.results), None)
    excluded = ", ".join(f"{name} {count:,}" for name, count in answered.result.excluded.items())
    return (
        answered.need.id, answered.need.title, answered.buyer, answered.theme, answered.result.eligible, excluded,
        best.name if best else "", Share(best.probability) if best else "",
    )  # fmt: skip


def _given(pair: Pair | None, pairs: Pairs) -> tuple[Any, Any, Any, Any]:
    return (pairs.supplier(pair[1]).name, pair[1], pair[2], Share(pair[3])) if pair else ("", "", "", "")


def _website(column: int, address: str | None) -> dict[int, str]:
    """Return a link where `address` is one of the web."""
    if not address or len(address) > _MAX_LINK or any(sign in address for sign in " \n\"'<>"):
        return {}
    full = address if "://" in address else f"https://{address}"
    try:
        parts = urlsplit(full)
        return {column: full} if parts.scheme in ("http", "https") and "." in (parts.hostname or "") else {}
    except ValueError:
        return {}


def _facts(figures: ProgrammeFigures) -> list[tuple[str, str]]:
    filters = figures.programme.filters.model_dump(mode="json", exclude_defaults=True)
    chosen = "; ".join(f"{name} {value}" for name, value in filters.items()) or "none"
    return [
        ("Day", figures.on),
        ("Needs", f"{figures.needs:,}"),
        ("Matches", f"{figures.matches:,}, at most {figures.programme.top} a need, of {figures.suppliers:,} suppliers"),
        ("Register", f"{figures.considered:,} profiles, as of change {figures.sequence:,}"),
        ("Model", figures.model),
        ("Filters", chosen),
    ]


def _summary_rows(figures: ProgrammeFigures) -> Iterator[Sequence[Any]]:
    groups = (("Region", figures.by_region), ("Integrated care board", figures.by_icb), ("Theme", figures.by_theme))
    told = [(heading, lines) for heading, lines in groups if any(line.group != NO_ICB for line in lines)]
    for heading, lines in (("Programme", (figures.overall,)), *told):
        yield (heading, "Needs", *(level.capitalize() for level in LEVELS))
        yield from map(_coverage_row, lines)
        yield ()
    for heading, kinds in (("Sector", figures.sectors), ("Size", figures.sizes)):
        yield (heading, "Of eligible", "Of shown", "Of shown first")
        yield from map(_line_row, kinds)
        yield ()
    yield ("Suppliers most sought", "First for", "Shown for")
    yield from ((one.name, one.first, one.shown) for one in figures.sought)
    if figures.assignments:
        yield ()
        yield ("Assignment", "Needs served", "First choices", "Sum of prob.", "Suppliers", "Most for one")
        for way in figures.assignments:
            yield (way.way, way.served, way.first_choices, way.probability, way.suppliers, way.most)


def _coverage_row(line: CoverageByLevel) -> Sequence[Any]:
    return (line.group, line.needs, *(line.counts[level] for level in LEVELS))


def _line_row(line: ExposureRow) -> Sequence[Any]:
    return (line.name, Share(line.eligible), Share(line.shown), Share(line.first))


def _quoted(text: str) -> str:
    return text if len(text) <= _QUOTE else text[:_QUOTE].rsplit(" ", 1)[0] + " …"


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
