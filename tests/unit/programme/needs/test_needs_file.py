"""Files of needs: refused rows, files without needs, previews and templates."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import openpyxl
import pytest

from matcher.foundations.errors import InvalidInput
from matcher.programme.needs.columns import FIELDS
from matcher.programme.needs.needs_file import ReadSummary, read_needs
from matcher.programme.needs.preview import preview_of
from matcher.programme.needs.template import write_template
from matcher.records import Stage
from tests.support.needs_files import HOSTILE, csv_file


def test_skipping_writes_the_refused_rows_for_correction(tmp_path: Path) -> None:
    file, out, summary = csv_file(tmp_path / "n.csv", HOSTILE), tmp_path / "out", ReadSummary()
    assert [need.id for need in read_needs(file, out, on_error="skip", summary=summary)] == ["a", "d", "e", "row-9"]
    assert (summary.accepted, summary.refused, summary.warned) == (4, 4, 2)
    assert (out / "rejects.csv").stat().st_mode & 0o077 == 0, "only the owner may read it"
    text = (out / "rejects.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["row"]) for row in rows] == [4, 5, 6, 10]
    assert rows[1]["column"] == "Title"
    assert rows[1]["problem"] and rows[1]["remedy"]  # noqa: PT018
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    corrected = csv_file(
        tmp_path / "corrected.csv", text.replace("b,,100", "b,Sleep,100").replace("a,Falls again", "a2,Falls again")
    )
    again = list(read_needs(corrected, out, on_error="skip"))
    assert {need.title for need in again} >= {"Falls again", "Sleep"}


def test_stopping_names_file_row_and_field_and_writes_nothing(tmp_path: Path) -> None:
    file, out = csv_file(tmp_path / "n.csv", HOSTILE), tmp_path / "out"
    with pytest.raises(InvalidInput, match=r"n\.csv, line 4, id: row 3 also has the id 'a'"):
        list(read_needs(file, out))
    assert list(out.iterdir()) == []


def test_an_old_rejects_file_is_removed_when_no_row_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rejects.csv").write_text("from an earlier reading")
    assert len(list(read_needs(csv_file(tmp_path / "n.csv", "title\nfalls\n"), tmp_path, on_error="skip"))) == 1
    assert not (tmp_path / "rejects.csv").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("n.csv", b"", "the file is empty"),
        ("n.csv", b"\n\n ,, \n", "the file is empty"),
        ("n.csv", b"Title,Value\n", "contains no needs"),
        ("n.csv", b"colour,price\nred,5\n", "none of the columns is recognised as a title"),
        ("n.csv", bytes(range(256)) * 40, "none of the columns is recognised|the file is empty"),
        ("n.xlsx", b"PK\x03\x04 nothing", "not an Excel workbook"),
        ("n.xls", b"\xd0\xcf\x11\xe0" + b"x" * 600, "not a workbook that can be read"),
        ("n.json", b'{"releases": []}', "contains no needs"),
        ("n.json", b'{"needs": [{"id": "n"}]}', "none of its 1 rows"),
        ("n.json", b'{"releases": [{"ocid": "a"', "is not JSON"),
        ("n.json", b'[{"id": "n", "title": "Falls"}]', "none of its 1 rows"),
        ("n.json", b"[" * 100_000, "nested more than 32"),
        ("n.json", b'{"releases": [' + b'{"a":' * 100_000, "nested more than 32"),
        ("n.json", b"", "the file is empty"),
        ("n.jsonl", b"", "the file is empty"),
        ("n.json", b'{"version": "1.1", "extensions": []}\n', "none of its 1 rows"),
        ("n.json", b'{\n"version": "1.1"\n}', "contains no releases"),
        ("n.csv", gzip.compress(b"title\nFalls\n", mtime=0), "is compressed"),
        ("n.csv", b"title\n" + b"x" * 2_100_000, "longer than"),
    ],
)
def test_files_without_needs_are_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        list(read_needs(csv_file(tmp_path / name, content), tmp_path / "out", on_error="skip"))
    assert caught.value.remedy


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_completed_template_is_read(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"needs{ending}"
    write_template(file)
    with pytest.raises(InvalidInput, match="contains no needs"):
        list(read_needs(file, tmp_path / "out"))
    cells = [field.example for field in FIELDS]
    if ending == ".csv":
        with file.open("a", encoding="utf-8", newline="") as out:
            csv.writer(out).writerow(cells)
    else:
        book = openpyxl.load_workbook(file)
        for column, cell in enumerate(cells, start=1):
            book["Needs"].cell(2, column, cell)
        book.save(file)
    (need,) = read_needs(file, tmp_path / "out")
    assert need.id == "need-017"
    assert need.value == 250_000
    assert need.stage is Stage.PLANNING
    assert len(need.outcomes) == 2


def test_a_template_with_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"neither \.csv nor \.xlsx"):
        write_template(tmp_path / "needs.ods")


def test_a_preview_shows_columns_needs_and_problems(tmp_path: Path) -> None:
    preview = preview_of(csv_file(tmp_path / "n.csv", HOSTILE), first=1)
    assert (preview.accepted, preview.refused, list(preview.needs)) == (4, 4, [3])
    assert preview.columns == {"id": "Ref", "title": "Title", "value": "Value"}
    assert preview.problems[1].model_dump() == {
        "row": 5,
        "field": "title",
        "column": "Title",
        "problem": "is missing",
        "remedy": "Enter a title or a description. In a group of merged cells, only the first has a value",
    }
    assert preview.warnings[0].model_dump() == {
        "row": 7,
        "field": "value",
        "column": "Value",
        "text": "lots",
        "problem": "left out: it is not an amount in pounds",
    }
    assert preview.warned == 2
