"""The workbook: supplied text is never a formula, links are correct, and long sheets continue on new sheets."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import openpyxl

from matcher.search.engine import Engine
from tests.support.published import published, sheet_rows


def test_supplied_text_is_never_a_formula_or_an_unsafe_link(engine: Engine, tmp_path: Path) -> None:
    published(engine, tmp_path)
    book = openpyxl.load_workbook(tmp_path / "matches.xlsx")
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert any(str(cell.value).startswith("'=HYPERLINK(0)") for cell in cells)
    texts = [cell.value for cell in cells if isinstance(cell.value, str)]
    assert not any(text.startswith(("=", "+", "-", "@")) for text in texts)
    assert b"<f>" not in b"".join(_parts(tmp_path / "matches.xlsx", "xl/worksheets/"))
    targets = {cell.hyperlink.target for cell in cells if cell.hyperlink and cell.hyperlink.target}
    assert targets <= {"https://x.example/a", "https://y.example"}
    assert "https://x.example/a" in targets
    with (tmp_path / "matches.csv").open(newline="", encoding="utf-8") as file:
        rows = [cell for row in csv.DictReader(file) for name, cell in row.items() if name != "score"]
    assert not any(text.startswith(("=", "+", "-", "@")) for text in rows)


def _parts(path: Path, under: str) -> list[bytes]:
    import zipfile

    with zipfile.ZipFile(path) as archive:
        return [archive.read(name) for name in archive.namelist() if name.startswith(under)]


def test_links_lead_to_the_right_rows(engine: Engine, tmp_path: Path) -> None:
    published(engine, tmp_path)
    book = openpyxl.load_workbook(tmp_path / "matches.xlsx")

    def at(location: str) -> Any:
        sheet, cell = location.split("!")
        return book[sheet.strip("'")][cell].value

    for row in book["Needs"].iter_rows(min_row=2):
        if row[9].value:
            assert at(row[9].hyperlink.location) == row[0].value
    for row in book["Matches"].iter_rows(min_row=2):
        assert at(row[0].hyperlink.location) == row[0].value
    for row in book["By supplier"].iter_rows(min_row=2):
        assert at(row[5].hyperlink.location) == row[5].value
    for sheet in book.worksheets[2:]:
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref == sheet.dimensions


def test_rows_that_do_not_fit_go_to_further_sheets(engine: Engine, tmp_path: Path) -> None:
    published(engine, tmp_path, max_rows=4)
    sheets = sheet_rows(tmp_path / "matches.xlsx")
    matches = [row for name, rows in sheets.items() if name.startswith("Matches") for row in rows[1:]]
    assert len(matches) == 15
    assert {f"Matches {n}" for n in (2, 3, 4, 5)} <= sheets.keys()
    assert all(len(rows) <= 4 for name, rows in sheets.items() if name.startswith(("Matches", "By", "Needs")))
    assert any("Matches 5" in row for row in sheets["Read me"])
