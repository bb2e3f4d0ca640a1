"""Workbooks of needs: merged cells, formulas, damage, bombs."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from matcher.foundations.errors import InvalidInput
from matcher.programme.needs.table import AcceptedRow, NeedsTable, RejectedRow
from tests.support.needs_files import workbook_file


def test_a_workbook_with_merged_cells_and_formulas(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Needs of the region, 2026", None, None, None],
        ["Need", "Budget", "Deadline", "Buyer"],
        ["Falls clinic", 1250.5, datetime(2026, 3, 31), "NHS X"],
        ["=A3&1", 7, "31/03/2026", None],
        ["Meals", "#REF!", None, None],
    ]
    table = NeedsTable.open(workbook_file(tmp_path / "n.xlsx", rows, merged="A1:D1"))
    assert (table.sheet, table.header_row, table.form) == ("List", 2, "Excel, sheet “List”")
    first, second, third = table.rows()
    assert isinstance(first, AcceptedRow)
    assert (first.need.value, first.need.closes) == (1250.5, date(2026, 3, 31))
    assert isinstance(second, AcceptedRow)
    assert second.need.title == "=A3&1", "a formula nobody has computed stays its text"
    assert isinstance(third, RejectedRow)
    assert third.problem.problem == "holds the error #REF!"


def test_values_that_were_kept_stand_for_their_formulas(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "n.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Title", "Value"])
        sheet.write_formula(1, 0, '="Falls "&"clinic"', None, "Falls clinic")
        sheet.write_formula(1, 1, "=2*50", None, 100)
    (row,) = NeedsTable.open(tmp_path / "n.xlsx").rows()
    assert isinstance(row, AcceptedRow)
    assert (row.need.title, row.need.value) == ("Falls clinic", 100)


def test_merged_cells_below_one_another_count_for_the_first(tmp_path: Path) -> None:
    file = workbook_file(tmp_path / "n.xlsx", [["Title", "Buyer"], ["a", "NHS X"], ["b", None], [None, "c"]], "A3:A4")
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


def test_a_workbook_cut_short_is_refused(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["Title"], *[[f"need {n}"] for n in range(500)]]
    file = workbook_file(tmp_path / "n.xlsx", rows)
    content = file.read_bytes()
    for end in range(4, len(content), 997):
        file.write_bytes(content[:end])
        with pytest.raises(InvalidInput, match="not an Excel workbook"):
            NeedsTable.open(file)
