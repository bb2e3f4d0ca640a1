"""Preview: shows how a file of needs would be read, before anything is matched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from matcher.programme.needs.needs_file import NeedsFile, limit_rows, open_needs_file
from matcher.programme.needs.table import AcceptedRow, NeedsTable, PassedOverRow, RejectedRow
from matcher.records import Need, Record

# The maximum number of refused rows that a preview lists.
_MAX_PROBLEMS: Final = 20


class RowProblem(Record):
    """The reason why a row cannot be used, and the remedy."""

    row: int
    field: str | None
    column: str | None
    problem: str
    remedy: str


class RowWarning(Record):
    """A cell that was not read as it stands: where it is, the start of its text, and what was done."""

    row: int
    field: str
    column: str | None
    text: str
    problem: str


class SkippedRow(Record):
    """A row that holds no need, and why it is passed over."""

    row: int
    reason: str


class NeedsPreview(Record):
    """How a file is read: its format, the number of its header row, the heading read for each field, the headings that
    are not read, the first few needs by row number, the first few problems, warnings and rows passed over, and how many
    rows were accepted, refused and passed over and how many cells were not read as they stand.
    """

    form: str
    header_row: int | None
    columns: dict[str, str]
    unread: tuple[str, ...]
    needs: dict[int, Need]
    problems: tuple[RowProblem, ...]
    accepted: int
    refused: int
    warnings: tuple[RowWarning, ...] = ()
    passed_over_rows: tuple[SkippedRow, ...] = ()
    warned: int = 0
    passed_over: int = 0


def preview_of(
    path: Path,
    chosen: Mapping[str, str] | None = None,
    sheet: str | None = None,
    *,
    first: int = 5,
    max_rows: int | None = None,
) -> NeedsPreview:
    """Read the whole file at `path`, and return a preview that includes at most `first` needs.

    Raises:
        InvalidInput: the file as a whole cannot be used, or has more than `max_rows` rows.

    """
    file = open_needs_file(path, chosen, sheet)
    needs: dict[int, Need] = {}
    problems: list[RowProblem] = []
    warnings: list[RowWarning] = []
    skipped: list[SkippedRow] = []
    counts: Counter[str] = Counter()
    for row in limit_rows(max_rows, file.rows(), path):
        if isinstance(row, AcceptedRow):
            counts["accepted"] += 1
            counts["warned"] += len(row.warnings)
            if len(needs) < first:
                needs[row.row] = row.need
            warnings += _warnings(file, row)[: _MAX_PROBLEMS - len(warnings)]
        elif isinstance(row, PassedOverRow):
            counts["passed_over"] += 1
            skipped += [SkippedRow(row=row.row, reason=row.reason)][: _MAX_PROBLEMS - len(skipped)]
        else:
            counts["refused"] += 1
            problems += [_problem(row)][: _MAX_PROBLEMS - len(problems)]
    table = file if isinstance(file, NeedsTable) else None
    return NeedsPreview(
        form=file.form,
        header_row=table.header_row if table else None,
        columns={column.field: column.heading for column in table.columns.columns} if table else {},
        unread=table.columns.unread if table else (),
        needs=needs,
        problems=tuple(problems),
        warnings=tuple(warnings),
        passed_over_rows=tuple(skipped),
        **{name: counts[name] for name in ("accepted", "refused", "warned", "passed_over")},
    )


def _warnings(file: NeedsFile, row: AcceptedRow) -> list[RowWarning]:
    columns = file.columns if isinstance(file, NeedsTable) else None
    return [
        RowWarning(
            row=row.row,
            field=warning.field,
            column=columns.heading(warning.field) if columns else None,
            text=warning.text,
            problem=warning.problem,
        )
        for warning in row.warnings
    ]


def _problem(row: RejectedRow) -> RowProblem:
    problem = row.problem
    return RowProblem(
        row=row.row, field=problem.place.field, column=row.column, problem=problem.problem, remedy=problem.remedy
    )
