"""Intake: the needs of a programme from a file, the ones that cannot be used apart in a rejects file."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final, Literal

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.paths import display_path
from matcher.foundations.spreadsheet_cells import escape_formula
from matcher.foundations.staged_files import StagedFiles, explain_disk_errors
from matcher.programme.needs import json_lines as need_lines
from matcher.programme.needs import notices
from matcher.programme.needs.json_lines import NeedsJsonLines
from matcher.programme.needs.notices import NoticesFile
from matcher.programme.needs.table import AcceptedRow, NeedsTable, RejectedRow
from matcher.programme.programme import Programme
from matcher.records import Need
from matcher.records.redaction import redact_need

REJECTS: Final = "rejects.csv"
_LEADING: Final = ("row", "field", "column", "problem", "remedy")
_OWNER_ONLY: Final = 0o600

NeedsFile = NeedsTable | NeedsJsonLines | NoticesFile


@dataclass
class ReadSummary:
    """What was read of a file: its form, how many needs, how many rows refused."""

    form: str = ""
    accepted: int = 0
    refused: int = 0


def source_notes(programme: Programme, intake: ReadSummary) -> tuple[str, ...]:
    """Return what a report says of where its needs come from."""
    notes = [f"Needs were read from {intake.form}: {intake.accepted:,} taken, {intake.refused:,} refused."]
    if len(programme.area.regions) == 1:
        notes.append(f"A need that names no place counts as in {programme.area.regions[0].value}.")
    return tuple(notes)


def open_needs_file(path: Path, chosen: Mapping[str, str] | None = None, sheet: str | None = None) -> NeedsFile:
    """Return the file at `path` as what its name says: JSON Lines, OCDS (.json), else a table.

    Raises:
        InvalidInput: the file as a whole cannot be used.

    """
    name = path.name.lower()
    if name.endswith(need_lines.ENDINGS):
        return NeedsJsonLines(path)
    if name.endswith(notices.ENDINGS):
        return NoticesFile(path)
    return NeedsTable.open(path, chosen, sheet)


def read_needs(
    path: Path,
    out: Path,
    *,
    on_error: Literal["stop", "skip"] = "stop",
    chosen: Mapping[str, str] | None = None,
    sheet: str | None = None,
    intake: ReadSummary | None = None,
    most: int | None = None,
) -> Iterator[Need]:
    """Yield the needs of a file. With `on_error` "skip" rows that cannot be used go to `out`/rejects.csv, each with
    its number, field, problem and remedy; with "stop" the first of them ends it. `intake` is kept up to date. A file of
    more than `most` rows is refused.

    Raises:
        InvalidInput: the file, or with "stop" a row, cannot be used, or there is no need in it.

    """
    intake = intake if intake is not None else ReadSummary()
    file = open_needs_file(path, chosen, sheet)
    with StagedFiles(out) as staging:
        yield from _sorted_out(limit_rows(most, file.rows(), path), staging, on_error, intake)
        intake.form = file.form
    if not intake.refused:
        with explain_disk_errors(out):
            (out / REJECTS).unlink(missing_ok=True)  # of an earlier reading
    if not intake.accepted:
        raise _no_needs(path, intake)


def limit_rows(
    most: int | None, rows: Iterable[AcceptedRow | RejectedRow], path: Path
) -> Iterator[AcceptedRow | RejectedRow]:
    """Yield `rows`.

    Raises:
        InvalidInput: there are more than `most`.

    """
    for count, row in enumerate(rows, start=1):
        if most is not None and count > most:
            problem = f"holds more than {most:,} rows"
            raise InvalidInput(problem, remedy="Split it into several files", place=Place(display_path(path)))
        yield row


def _sorted_out(
    rows: Iterable[AcceptedRow | RejectedRow],
    staging: StagedFiles,
    on_error: Literal["stop", "skip"],
    intake: ReadSummary,
) -> Iterator[Need]:
    refused = _rejected(rows, on_error, intake)
    for one in refused:
        if isinstance(one, Need):
            yield one
        else:
            yield from _with_rejects(one, refused, staging)


def _rejected(
    rows: Iterable[AcceptedRow | RejectedRow], on_error: Literal["stop", "skip"], intake: ReadSummary
) -> Iterator[Need | RejectedRow]:
    for row in rows:
        if isinstance(row, AcceptedRow):
            intake.accepted += 1
            yield redact_need(row.need)
        elif on_error == "stop":
            raise row.problem
        else:
            intake.refused += 1
            yield row


def _with_rejects(first: RejectedRow, rest: Iterator[Need | RejectedRow], staging: StagedFiles) -> Iterator[Need]:
    """Yield the needs of `rest`, and write `first` and what else is refused."""
    # Cells may hold what should not be seen by all: for their owner's eyes alone.
    handle = os.open(staging.path(REJECTS), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
    with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as file:
        write = csv.writer(file).writerow
        write([*_LEADING, *map(escape_formula, first.cells)])
        for one in chain([first], rest):
            if isinstance(one, Need):
                yield one
                continue
            problem = one.problem
            leading = (one.row, problem.place.field or "", one.column or "", problem.problem, problem.remedy)
            write([escape_formula(cell) for cell in (*leading, *one.cells.values())])


def _no_needs(path: Path, intake: ReadSummary) -> InvalidInput:
    if intake.refused:
        problem = f"none of its {intake.refused:,} rows holds a need that can be read"
        return InvalidInput(
            problem, remedy="Preview the file: that tells what is wrong with each row", place=Place(display_path(path))
        )
    return InvalidInput(
        "there is no need in it",
        remedy="Give a file that holds at least one need, in a table below the column names",
        place=Place(display_path(path)),
    )
