"""Needs template: an empty table of needs to fill in, as CSV or Excel."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

from matcher.foundations.errors import InvalidInput
from matcher.foundations.staged_files import StagedFiles
from matcher.programme.needs.columns import FIELDS
from matcher.records import Stage

_ROWS: Final = 10_000
_WIDTHS: Final = {"title": 60, "description": 80, "buyer": 40, "outcomes": 50}
# Excel's text format. Without it, Excel turns codes into numbers, and text that looks like a date into a date.
_AS_TEXT: Final = "@"


def write_template(path: Path) -> None:
    """Write an empty table of needs to `path`, which must end in .csv or .xlsx.

    Raises:
        InvalidInput: `path` ends in anything else.
        Unavailable: `path` cannot be written.

    """
    writers = {".csv": _write_csv, ".xlsx": _write_workbook}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise InvalidInput(
            f"{path.name!r} is neither .csv nor .xlsx", remedy="Name the template needs.csv or needs.xlsx"
        )
    with StagedFiles(path.parent) as staged:
        write(staged.path(path.name))


def _write_csv(path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerow([field.heading for field in FIELDS])


def _write_workbook(path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        header = book.add_format({"bold": True, "bg_color": "#005EB8", "font_color": "#FFFFFF"})
        text = book.add_format({"num_format": _AS_TEXT, "text_wrap": True, "valign": "top"})
        needs, fields = book.add_worksheet("Needs"), book.add_worksheet("What goes where")
        for column, field in enumerate(FIELDS):
            needs.set_column(column, column, _WIDTHS.get(field.name, 20), text)
            needs.write_string(0, column, field.heading, header)
            if field.name == "stage":
                stages = [stage.value for stage in Stage]
                needs.data_validation(1, column, _ROWS, column, {"validate": "list", "source": stages})
        needs.freeze_panes(1, 0)
        fields.set_column(0, 0, 26)
        fields.set_column(1, 2, 90)
        rows = [("Column", "What goes there", "Example"), *((f.heading, f.meaning, f.example) for f in FIELDS)]
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                fields.write_string(row, column, cell, header if row == 0 else None)
        fields.freeze_panes(1, 0)
