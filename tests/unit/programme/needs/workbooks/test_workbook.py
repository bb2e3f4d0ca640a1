"""Workbooks of needs: formats, merged cells, formulas, damage, and files that are too large when unpacked."""

from __future__ import annotations

import re
import shutil
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from matcher.foundations.errors import InvalidInput
from matcher.programme.needs.needs_file import open_needs_file
from matcher.programme.needs.table import AcceptedRow, NeedsTable, RejectedRow
from matcher.programme.needs.workbooks import workbook, xlsx
from tests.support import hostile_workbooks
from tests.support.needs_files import FILES, opendocument_file, workbook_file


def test_a_workbook_with_merged_cells_and_formulas(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Needs of the region, 2026", None, None, None],
        ["Need", "Budget", "Deadline", "Buyer"],
        ["Falls clinic", 1250.5, datetime(2026, 3, 31), "NHS X"],
        ["=A3&1", 7, "31/03/2026", None],
        ["Meals", "#REF!", None, None],
    ]
    table = NeedsTable.open(workbook_file(tmp_path / "n.xlsx", rows, merged="A1:D1"))
    assert (table.header_row, table.form) == (2, "Excel, sheet “List”")
    first, second, third = table.rows()
    assert isinstance(first, AcceptedRow)
    assert (first.need.value, first.need.closes) == (1250.5, date(2026, 3, 31))
    assert isinstance(second, AcceptedRow)
    assert second.need.title == "=A3&1", "a formula without a saved value gives its text"
    assert isinstance(third, AcceptedRow)
    assert [warning.text for warning in third.warnings] == ["#REF!"]


def test_a_formula_gives_its_saved_value(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "n.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Title", "Value"])
        sheet.write_formula(1, 0, '="Falls "&"clinic"', None, "Falls clinic")
        sheet.write_formula(1, 1, "=2*50", None, 100)
    (row,) = NeedsTable.open(tmp_path / "n.xlsx").rows()
    assert isinstance(row, AcceptedRow)
    assert (row.need.title, row.need.value) == ("Falls clinic", 100)


def test_cells_merged_downwards_give_their_value_to_the_first(tmp_path: Path) -> None:
    file = workbook_file(
        tmp_path / "n.xlsx", [["Title", "Value", "Buyer"], ["a", 1, "X"], ["b", 1, "X"], [None, 2, "X"]], "A3:A4"
    )
    first, second, third = NeedsTable.open(file).rows()
    assert isinstance(first, AcceptedRow)
    assert isinstance(second, AcceptedRow)
    assert isinstance(third, RejectedRow)
    assert "merged cells" in third.problem.remedy


def test_a_workbook_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    file = workbook_file(tmp_path / "n.xlsx", [["Title"], ["x"]])
    with (
        zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("bomb", "w", force_zip64=True) as out,
    ):
        for _ in range(1_600):
            out.write(bytes(1_000_000))
    with pytest.raises(InvalidInput, match="when it is unpacked"):
        NeedsTable.open(file)


def test_a_truncated_workbook_is_refused(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["Title"], *[[f"need {n}"] for n in range(500)]]
    file = workbook_file(tmp_path / "n.xlsx", rows)
    content = file.read_bytes()
    for end in range(4, len(content), 997):
        file.write_bytes(content[:end])
        with pytest.raises(InvalidInput, match="not an Excel workbook"):
            NeedsTable.open(file)


OPEN_DOCUMENT = [
    ["Needs of the region"],
    [""],
    ["Need", "Budget", "Deadline"],
    ["Falls", "£7k", "31/03/2026"],
    ["", "1", "31/03/2026"],
]


def needs_of(table: NeedsTable) -> list[tuple[int, str, float | None, date | None]]:
    rows = [row for row in table.rows() if isinstance(row, AcceptedRow)]
    return [(row.row, row.need.title, row.need.value, row.need.closes) for row in rows]


def test_an_excel_97_workbook_is_read() -> None:
    table = NeedsTable.open(FILES / "needs.xls")
    assert (table.header_row, table.form) == (3, "Excel 97-2003, sheet “List”"), "the hidden sheet is not chosen"
    assert needs_of(table) == [
        (4, "Falls clinic", 1250.5, date(2026, 3, 31)),
        (5, "Meals – at home", 7_000, date(2026, 3, 31)),
        (6, "Memory clinic", None, None),
    ], "a formula without a saved value gives an empty cell"


def test_an_opendocument_workbook_is_read(tmp_path: Path) -> None:
    table = NeedsTable.open(opendocument_file(tmp_path / "n.ods", OPEN_DOCUMENT))
    assert (table.header_row, table.form) == (3, "OpenDocument, sheet “List”"), "the hidden sheet is not chosen"
    assert needs_of(table) == [(4, "Falls", 7_000, date(2026, 3, 31))]
    assert [row.row for row in table.rows() if isinstance(row, RejectedRow)] == [5]
    with pytest.raises(InvalidInput, match="there is no sheet 'Other'") as caught:
        NeedsTable.open(table.path, sheet="Other")
    assert caught.value.remedy == "Use one of: Hidden, List"


@pytest.mark.parametrize("ending", ["xlsx", "xls", "ods", "csv", "json", "jsonl"])
def test_a_workbook_is_recognised_by_its_content(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"n.{ending}"
    assert open_needs_file(workbook_file(file, [["Title"], ["x"]])).form == "Excel, sheet “List”"
    assert open_needs_file(opendocument_file(file, [["Title"], ["x"]])).form == "OpenDocument, sheet “List”"
    shutil.copy(FILES / "needs.xls", file)
    assert open_needs_file(file).form == "Excel 97-2003, sheet “List”"


def test_a_workbook_with_a_password_is_refused() -> None:
    with pytest.raises(InvalidInput, match="is a password-protected workbook") as caught:
        NeedsTable.open(FILES / "locked.xlsx")
    assert "without a password" in caught.value.remedy


@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_a_truncated_old_or_opendocument_workbook_is_refused(tmp_path: Path, kind: str) -> None:
    made = opendocument_file(tmp_path / "whole", OPEN_DOCUMENT) if kind == "ods" else FILES / "needs.xls"
    content, file = made.read_bytes(), tmp_path / f"n.{kind}"
    for end in range(8, len(content), len(content) // 6 + 1):
        file.write_bytes(content[:end])
        with pytest.raises(InvalidInput, match="workbook that can be read") as caught:
            NeedsTable.open(file)
        assert caught.value.remedy


LIMITS = {
    "a far row": (hostile_workbooks.far_row(), {}, "row numbered 99,999,999,999; the highest is 1,048,576"),
    "the last column": (hostile_workbooks.last_column(2), {}, "line 2: has a cell in column 16,384"),
    "empty rows": (hostile_workbooks.empty_rows(50), {"MAX_TABLE_ROWS": 20}, "row numbered 21; the highest is 20"),
    "empty cells": (hostile_workbooks.empty_cells(3_000), {"MAX_CELLS": 2_000}, "line 3: holds more than 2,000 cells"),
    "shared strings": (hostile_workbooks.shared_strings(30), {"MAX_SHARED_STRINGS": 20}, "20 different texts"),
    "repeated text": (hostile_workbooks.repeated_text(60, 9), {"MAX_CHARACTERS": 500}, "more than 500 characters"),
    "styles": (hostile_workbooks.many_styles(9_000), {"MAX_OTHER_PART": 90_000}, "part 'xl/styles.xml' comes to"),
    "a large sheet": (hostile_workbooks.empty_rows(9_000), {"MAX_SHEET_PART": 9_000}, "sheet1.xml' comes to"),
    "sheets": (hostile_workbooks.many_sheets(3), {"MAX_SHEETS": 2}, "has more than 2 sheets"),
    "an entity bomb": (hostile_workbooks.entities(), {}, "is not an Excel workbook that can be read"),
}


@pytest.mark.parametrize(("content", "limits", "problem"), LIMITS.values(), ids=LIMITS.keys())
def test_a_small_workbook_that_would_take_hours_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, limits: dict[str, int], problem: str
) -> None:
    for name, limit in limits.items():
        for module in (workbook, xlsx):
            monkeypatch.setattr(module, name, limit, raising=False)
    (tmp_path / "n.xlsx").write_bytes(content)
    with pytest.raises(InvalidInput, match=re.escape(problem)) as caught:
        list(NeedsTable.open(tmp_path / "n.xlsx").rows())
    assert caught.value.remedy.startswith(("Save only the needs", "Open it and save it"))


def test_empty_cells_far_to_the_right_and_text_runs_are_no_problem(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "n.xlsx")) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        sheet.write_row(0, 0, ["Title", "Value"])
        sheet.write_rich_string(1, 0, "Falls ", bold, "clinic")
        sheet.write_blank(1, 16_383, None, bold)
        sheet.write_blank(1_048_575, 0, None, bold)
    assert needs_of(NeedsTable.open(tmp_path / "n.xlsx")) == [(2, "Falls clinic", None, None)]


def test_repeated_opendocument_cells_beyond_the_last_column_are_refused(tmp_path: Path) -> None:
    file = opendocument_file(tmp_path / "n.ods", [["Title"], ["Falls"], ["Meals", *[""] * 1_000, "x"]])
    first, second = NeedsTable.open(file).rows()
    assert isinstance(first, AcceptedRow)
    assert isinstance(second, RejectedRow)
    assert second.problem.problem == "has cells beyond column 1,000"
