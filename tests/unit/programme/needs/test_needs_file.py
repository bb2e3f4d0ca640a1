"""Files of needs taken in: refused rows kept apart, hostile files answered in words, previews and templates."""

from __future__ import annotations

import csv
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


def test_skipping_keeps_the_refused_rows_for_mending(tmp_path: Path) -> None:
    file, out, intake = csv_file(tmp_path / "n.csv", HOSTILE), tmp_path / "out", ReadSummary()
    assert [need.id for need in read_needs(file, out, on_error="skip", intake=intake)] == ["a", "row-9"]
    assert (intake.accepted, intake.refused) == (2, 6)
    assert (out / "rejects.csv").stat().st_mode & 0o077 == 0, "for their owner's eyes alone"
    text = (out / "rejects.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["row"]) for row in rows] == [4, 5, 6, 7, 8, 10]
    assert rows[3]["column"] == "Value"
    assert rows[3]["problem"] and rows[3]["remedy"]  # noqa: PT018
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    mended = csv_file(tmp_path / "mended.csv", text.replace("lots", "1m").replace("a,Falls again", "a2,Falls again"))
    again = list(read_needs(mended, out, on_error="skip"))
    assert {need.title for need in again} >= {"Falls again", "Memory clinic"}


def test_stopping_names_file_row_and_field_and_leaves_nothing(tmp_path: Path) -> None:
    file, out = csv_file(tmp_path / "n.csv", HOSTILE), tmp_path / "out"
    with pytest.raises(InvalidInput, match=r"n\.csv, line 4, id: 'a' is the id of row 3 too"):
        list(read_needs(file, out))
    assert list(out.iterdir()) == []


def test_old_rejects_go_once_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rejects.csv").write_text("of an earlier reading")
    assert len(list(read_needs(csv_file(tmp_path / "n.csv", "title\nfalls\n"), tmp_path, on_error="skip"))) == 1
    assert not (tmp_path / "rejects.csv").exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("n.csv", b"", "nothing in it"),
        ("n.csv", b"\n\n ,, \n", "nothing in it"),
        ("n.csv", b"Title,Value\n", "no need in it"),
        ("n.csv", b"colour,price\nred,5\n", "no column is known as title"),
        ("n.csv", bytes(range(256)) * 40, "no column is known|nothing in it"),
        ("n.xlsx", b"PK\x03\x04 nothing", "not an Excel workbook"),
        ("n.xls", b"\xd0\xcf\x11\xe0" + b"x" * 600, "password, or of Excel before 2007"),
        ("n.json", b'{"releases": []}', "no need in it"),
        ("n.json", b'{"needs": [{"id": "n"}]}', "holds no releases"),
        ("n.json", b'{"releases": [{"ocid": "a"', "is not JSON"),
        ("n.json", b'[{"id": "n", "title": "Falls"}]', "none of its 1 rows"),
        ("n.json", b"[" * 100_000, "nested more than 32"),
        ("n.json", b'{"releases": [' + b'{"a":' * 100_000, "nested more than 32"),
        ("n.json", b"", "is not JSON"),
        ("n.jsonl", b"", "nothing in it"),
        ("n.csv", b"title\n" + b"x" * 2_100_000, "longer than"),
    ],
)
def test_files_that_hold_no_needs_are_told(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        list(read_needs(csv_file(tmp_path / name, content), tmp_path / "out", on_error="skip"))
    assert caught.value.remedy


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_template_filled_in_is_read(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"needs{ending}"
    write_template(file)
    with pytest.raises(InvalidInput, match="no need in it"):
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


def test_a_template_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"neither \.csv nor \.xlsx"):
        write_template(tmp_path / "needs.ods")


def test_a_preview_tells_how_and_what_is_wrong(tmp_path: Path) -> None:
    found = preview_of(csv_file(tmp_path / "n.csv", HOSTILE), first=1)
    assert (found.accepted, found.refused, list(found.needs)) == (2, 6, [3])
    assert found.columns == {"id": "Ref", "title": "Title", "value": "Value"}
    assert found.problems[3].model_dump() == {
        "row": 7,
        "field": "value",
        "column": "Value",
        "problem": "'lots' is not an amount in pounds",
        "remedy": "Write a number such as 250000, £1,200,000 or 1.2m, or empty the cell",
    }
