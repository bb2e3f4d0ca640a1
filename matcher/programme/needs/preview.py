"""Preview: shows how a file of needs would be read, before anything is matched."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from matcher.programme.needs.needs_file import NeedsFile, limit_rows, open_needs_file
from matcher.programme.needs.table import AcceptedRow, NeedsTable, RejectedRow
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


class NeedsPreview(Record):
    """How a file is read: its format, the number of its header row, the heading read for each field, the headings that
    are not read, the first few needs by row number, the first few problems, and how many rows were accepted and how
    many were refused.
    """

    form: str
    header_row: int | None
    columns: dict[str, str]
    unread: tuple[str, ...]
    needs: dict[int, Need]
    problems: tuple[RowProblem, ...]
    accepted: int
    refused: int


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
    accepted = refused = 0
    for row in limit_rows(max_rows, file.rows(), path):
        if isinstance(row, AcceptedRow):
            accepted += 1
            if len(needs) < first:
                needs[row.row] = row.need
        else:
            refused += 1
            if len(problems) < _MAX_PROBLEMS:
                problems.append(_problem(row))
    return _preview(file, needs, tuple(problems), accepted, refused)


def _preview(
    file: NeedsFile, needs: dict[int, Need], problems: tuple[RowProblem, ...], accepted: int, refused: int
) -> NeedsPreview:
    table = file if isinstance(file, NeedsTable) else None
    return NeedsPreview(
        form=file.form,
        header_row=table.header_row if table else None,
        columns={column.field: column.heading for column in table.columns.columns} if table else {},
        unread=table.columns.unread if table else (),
        needs=needs,
        problems=problems,
        accepted=accepted,
        refused=refused,
    )


def _problem(row: RejectedRow) -> RowProblem:
    problem = row.problem
    return RowProblem(
        row=row.row, field=problem.place.field, column=row.column, problem=problem.problem, remedy=problem.remedy
    )
