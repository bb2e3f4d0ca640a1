"""Needs file: reads the needs of a programme from a file, and writes unusable rows to a rejects file."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from matcher.foundations import owner_only
from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.paths import display_path
from matcher.foundations.spreadsheet_cells import escape_formula
from matcher.foundations.staged_files import StagedFiles, explain_disk_errors
from matcher.programme.needs.json_lines import NeedsJsonLines
from matcher.programme.needs.reading.recognition import FileKind, kind_of
from matcher.programme.needs.table import AcceptedRow, NeedsTable, PassedOverRow, RejectedRow
from matcher.programme.programme import Programme
from matcher.records import Need
from matcher.records.redaction import redact_record

if TYPE_CHECKING:
    from matcher.programme.needs.notices import NoticesFile

REJECTS: Final = "rejects.csv"
_LEADING_COLUMNS: Final = ("row", "field", "column", "problem", "remedy")

NeedsRow = AcceptedRow | PassedOverRow | RejectedRow
NeedsFile: TypeAlias = "NeedsTable | NeedsJsonLines | NoticesFile"


@dataclass
class ReadSummary:
    """What was read: the format of the file, and how many needs were accepted, and rows refused and passed over.

    `warned` counts the cells that were not read as they stand, such as a range of values. `redacted` counts the needs
    that lost contact details.
    """

    form: str = ""
    accepted: int = 0
    refused: int = 0
    passed_over: int = 0
    warned: int = 0
    redacted: int = 0


def source_notes(programme: Programme, summary: ReadSummary) -> tuple[str, ...]:
    """Return the report notes that say where the needs come from."""
    notes = [f"Needs were read from {summary.form}: {summary.accepted:,} accepted, {summary.refused:,} refused."]
    if summary.passed_over:
        notes.append(
            f"{summary.passed_over:,} rows hold no need, such as totals or withdrawn needs, and were passed over."
        )
    if summary.warned:
        notes.append(
            f"{summary.warned:,} cells were left out or read as an estimate. A preview of the file lists them."
        )
    if summary.redacted:
        notes.append(f"Contact details were removed from the texts of {summary.redacted:,} needs.")
    if len(programme.area.regions) == 1:
        notes.append(f"A need that names no place is treated as being in {programme.area.regions[0].value}.")
    return tuple(notes)


def open_needs_file(path: Path, chosen: Mapping[str, str] | None = None, sheet: str | None = None) -> NeedsFile:
    """Return the file at `path`, ready to read. `chosen` and `sheet` apply only to tables; see `NeedsTable.open`.

    The content of the file decides how it is read: as a workbook, JSON Lines, OCDS or CSV.

    Raises:
        InvalidInput: the file as a whole cannot be used.

    """
    kind = kind_of(path)
    if kind is FileKind.TABLE:
        return NeedsTable.open(path, chosen, sheet)
    if kind is FileKind.JSON_LINES:
        return NeedsJsonLines(path)
    # Takes longer to import than most files take to read.
    from matcher.programme.needs.notices import NoticesFile

    return NoticesFile(path)


def read_needs(
    path: Path,
    out: Path,
    *,
    on_error: Literal["stop", "skip"] = "stop",
    chosen: Mapping[str, str] | None = None,
    sheet: str | None = None,
    summary: ReadSummary | None = None,
    max_rows: int | None = None,
) -> Iterator[Need]:
    """Yield the needs in the file at `path`, with contact details redacted.

    Args:
        out: the folder for the rejects file, rejects.csv. If no row is refused, any rejects file left there by an
            earlier read is removed.
        on_error: "stop" raises at the first row that cannot be used. "skip" writes such rows to the rejects file,
            each with the row number, field, problem and remedy.
        chosen: headings by field, for columns whose headings are not among the usual ones.
        sheet: the sheet of a workbook.
        summary: updated while reading.
        max_rows: the maximum number of rows in the file. If None, there is no limit.

    Raises:
        InvalidInput: the file cannot be used, has more than `max_rows` rows or has no usable need; or a row cannot be
            used and `on_error` is "stop".

    """
    summary = summary if summary is not None else ReadSummary()
    file = open_needs_file(path, chosen, sheet)
    with StagedFiles(out) as staged:
        yield from _accepted(limit_rows(max_rows, file.rows(), path), staged, on_error, summary)
        summary.form = file.form
    if not summary.refused:
        with explain_disk_errors(out):
            (out / REJECTS).unlink(missing_ok=True)  # from an earlier read
    if not summary.accepted:
        raise _no_needs(path, summary)


def limit_rows(max_rows: int | None, rows: Iterable[NeedsRow], path: Path) -> Iterator[NeedsRow]:
    """Yield `rows`, checking that there are at most `max_rows`. If `max_rows` is None, there is no limit.

    Raises:
        InvalidInput: there are more than `max_rows` rows.

    """
    for count, row in enumerate(rows, start=1):
        if max_rows is not None and count > max_rows:
            problem = f"holds more than {max_rows:,} rows"
            raise InvalidInput(problem, remedy="Split it into several files", place=Place(display_path(path)))
        yield row


def _accepted(
    rows: Iterable[NeedsRow],
    staged: StagedFiles,
    on_error: Literal["stop", "skip"],
    summary: ReadSummary,
) -> Iterator[Need]:
    """Yield the needs. Create the rejects file when the first row is refused."""
    checked = _checked(rows, on_error, summary)
    for row in checked:
        if isinstance(row, Need):
            yield row
        else:
            yield from _with_rejects(row, checked, staged)


def _checked(
    rows: Iterable[NeedsRow], on_error: Literal["stop", "skip"], summary: ReadSummary
) -> Iterator[Need | RejectedRow]:
    for row in rows:
        if isinstance(row, AcceptedRow):
            need, fields = redact_record(row.need)
            summary.accepted += 1
            summary.warned += len(row.warnings)
            summary.redacted += bool(fields)
            yield need
        elif isinstance(row, PassedOverRow):
            summary.passed_over += 1
        elif on_error == "stop":
            raise row.problem
        else:
            summary.refused += 1
            yield row


def _with_rejects(first: RejectedRow, rest: Iterator[Need | RejectedRow], staged: StagedFiles) -> Iterator[Need]:
    """Yield the needs in `rest`. Write `first` and the other refused rows to the rejects file."""
    handle = os.open(staged.path(REJECTS), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, owner_only.FILE)
    with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as file:
        write = csv.writer(file).writerow
        write([*_LEADING_COLUMNS, *map(escape_formula, first.cells)])
        for row in chain([first], rest):
            if isinstance(row, Need):
                yield row
                continue
            problem = row.problem
            leading = (row.row, problem.place.field or "", row.column or "", problem.problem, problem.remedy)
            write([escape_formula(cell) for cell in (*leading, *row.cells.values())])


def _no_needs(path: Path, summary: ReadSummary) -> InvalidInput:
    if summary.refused:
        problem = f"none of its {summary.refused:,} rows contains a usable need"
        remedy = "Preview the file to see what is wrong with each row"
    else:
        problem = "contains no needs"
        remedy = "Supply a file with at least one need. In a table, each row below the column names is a need"
    return InvalidInput(problem, remedy=remedy, place=Place(display_path(path)))
