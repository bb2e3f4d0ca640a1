"""Tables of needs: columns found, encodings told, bad rows refused one by one, hostile files answered in words."""

from __future__ import annotations

import csv
import io
import tracemalloc
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from matcher.errors import InvalidInput
from matcher.programme.cells import as_written, neutralised
from matcher.programme.columns import FIELDS, mapping_of, parse_choice
from matcher.programme.conversion import need_content
from matcher.programme.intake import Intake, take_in
from matcher.programme.needs_table import NeedsTable, Read, Refused
from matcher.programme.needs_template import write_template
from matcher.programme.preview import preview_of
from matcher.records import Need, Sector, Stage


def csv_file(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def titles(table: NeedsTable) -> list[str]:
    rows = list(table.rows())
    assert all(isinstance(row, Read) for row in rows), rows
    return [row.need.title for row in rows if isinstance(row, Read)]


@pytest.mark.parametrize(
    ("encoding", "mark", "told"),
    [
        ("utf-8", b"", "UTF-8"),
        ("utf-8", b"\xef\xbb\xbf", "UTF-8"),
        ("utf-16-le", b"\xff\xfe", "UTF-16"),
        ("utf-16-be", b"\xfe\xff", "UTF-16"),
        ("utf-16-le", b"", "UTF-16"),
        ("utf-16-be", b"", "UTF-16"),
        ("cp1252", b"", "UTF-8, but 1 line Windows-1252"),
    ],
)
@pytest.mark.parametrize(("delimiter", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab")])
def test_encoding_and_delimiter_are_told(
    tmp_path: Path, encoding: str, mark: bytes, told: str, delimiter: str, name: str
) -> None:
    lines = [["Title", "Details"], ["Café “steady” – £5", "two, or; three"]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(lines)
    file = csv_file(tmp_path / "n.csv", mark + text.getvalue().encode(encoding))
    table = NeedsTable.open(file)
    assert titles(table) == ["Café “steady” – £5"]
    assert table.form == f"CSV, {told}, delimiter {name}"


def test_a_file_put_together_from_two_encodings_is_read(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "n.csv", b"title\ncaf\xc3\xa9\ncaf\xe9\n")
    table = NeedsTable.open(file)
    assert titles(table) == ["café", "café"]
    assert "1 line Windows-1252" in table.form


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_lines_may_end_in_any_way(tmp_path: Path, end: str, encoding: str) -> None:
    text = end.join(["sep=;", "Title;Details", "Falls;café", '"Two;\nlines";x', "Last;y"])
    table = NeedsTable.open(csv_file(tmp_path / "n.csv", text, encoding))
    assert titles(table) == ["Falls", "Two;\nlines", "Last"]


def test_usual_headings_are_known_and_others_chosen() -> None:
    header = ["Ref", "What we want", "Contract Value (£)", "Closing_Date", "Contact e-mail"]
    found = mapping_of(header, parse_choice('title="What we want",value=contract value £'))
    assert {column.field: column.heading for column in found.columns} == {
        "id": "Ref", "title": "What we want", "value": "Contract Value (£)", "closes": "Closing_Date",
    }  # fmt: skip
    assert found.unread == ("Contact e-mail",)


def test_every_heading_of_the_template_is_known() -> None:
    found = mapping_of([field.heading for field in FIELDS])
    assert [column.field for column in found.columns] == [field.name for field in FIELDS]
    keys = [name.casefold() for field in FIELDS for name in (field.heading, *field.usual)]
    assert len(keys) == len(set(keys)), "no heading may mean two fields"


@pytest.mark.parametrize("text", ["title", "=Column", "price=Column", "title=A,title=B", "title="])
def test_a_choice_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="--map"):
        parse_choice(text)


def test_cells_are_read_as_people_write_them() -> None:
    content = need_content(
        {
            "id": "NEED 7", "title": "Falls", "buyer": "NHS X", "ods_code": "QWO", "value": "£1.2m",
            "cpv": "85100000-0 Health; 9000000 80000000", "published": "3rd March 2026",
            "closes": datetime(2026, 12, 1, 9), "stage": "Market engagement", "sectors": "charity, Social Enterprise",
            "accreditations": "DSPT; ISO 27001", "outcomes": "• fewer falls\n• less fear",
            "postcode": None, "region": "",
        },
        3,
    )  # fmt: skip
    need = Need.model_validate(content)
    assert (need.id, need.value, need.cpv) == ("NEED-7", 1_200_000, ("85100000", "80000000"))
    assert (need.published, need.closes, need.stage) == (date(2026, 3, 3), date(2026, 12, 1), Stage.MARKET_ENGAGEMENT)
    assert need.requirements.sectors == (Sector.CHARITY, Sector.SOCIAL_ENTERPRISE)
    assert need.requirements.accreditations == ("DSPT", "ISO 27001")
    assert need.outcomes == ("fewer falls", "less fear")
    assert need.buyer is not None
    assert need.buyer.ods_code == "QWO"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("250000", 250_000),
        ("1,200,000.50", 1_200_000.5),
        ("£ 250k", 250_000),
        ("2 million", 2e6),
        ("gbp 5", 5),
        ("0", 0),
    ],
)
def test_amounts(text: str, amount: float) -> None:
    assert need_content({"title": "T", "value": text}, 1)["value"] == amount


@pytest.mark.parametrize("text", ["tbc", "1,2", "-5", "1.2.3", "£", "10-20", "1e5", "€5", "12,00"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="amount"):
        need_content({"title": "T", "value": text}, 1)


@pytest.mark.parametrize(
    "text", ["2026-03-31", "31/03/2026", "31/03/26", "31.03.2026", "31 March 2026", "Tuesday, 31 March 2026",
             "31-Mar-26", "31/03/2026 09:00", "2026-03-31 09:00:00"],
)  # fmt: skip
def test_dates(text: str) -> None:
    assert Need.model_validate(need_content({"id": "n", "title": "T", "closes": text}, 1)).closes == date(2026, 3, 31)


@pytest.mark.parametrize("text", ["31/02/2026", "03/31/2026", "soon", "2026", "45000"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="date"):
        need_content({"title": "T", "closes": text}, 1)


def test_codes_that_lost_their_zero_get_it_back() -> None:
    assert need_content({"title": "T", "cpv": 9000000.0}, 1)["cpv"] == ["09000000"]


def test_without_a_title_the_description_begins_the_need() -> None:
    content = need_content({"description": "word " * 300}, 9)
    assert content["id"] == "row-9"
    assert 400 < len(content["title"]) <= 500
    assert (content["title"] + " " + content["description"]).split() == ["word"] * 300


HOSTILE = """Programme of needs,,
Ref,Title,Value
a,Falls clinic,100
a,Falls again,100
b,,100
c,"Unquoted"oddly,100
d,Memory clinic,lots
e,=HYPERLINK("x"),'=1
,Meals,
f,Too few
"""


def test_each_bad_row_is_refused_with_field_and_remedy(tmp_path: Path) -> None:
    table = NeedsTable.open(csv_file(tmp_path / "n.csv", HOSTILE))
    assert table.header_row == 2
    rows = list(table.rows())
    refused = {row.row: (row.problem.place.field, row.problem.problem) for row in rows if isinstance(row, Refused)}
    assert refused == {
        4: ("id", "'a' is the id of row 3 too"),
        5: ("title", "is missing"),
        6: (None, "is not a row of a table: ',' expected after '\"'"),
        7: ("value", "'lots' is not an amount in pounds"),
        8: ("value", "'=1' is not an amount in pounds"),
        10: (None, "has 2 cells, and column 3 is read"),
    }
    assert all(row.problem.remedy for row in rows if isinstance(row, Refused))
    assert [(row.row, row.need.id) for row in rows if isinstance(row, Read)] == [(3, "a"), (9, "row-9")]


def test_an_open_quote_swallows_no_need_in_silence(tmp_path: Path) -> None:
    table = NeedsTable.open(csv_file(tmp_path / "n.csv", 'title,details\none,"open\ntwo,x\nthree,y\n'))
    assert any(isinstance(row, Refused) and row.row == 2 for row in table.rows())


def test_skipping_keeps_the_refused_rows_for_mending(tmp_path: Path) -> None:
    file, out, intake = csv_file(tmp_path / "n.csv", HOSTILE), tmp_path / "out", Intake()
    assert [need.id for need in take_in(file, out, on_error="skip", intake=intake)] == ["a", "row-9"]
    assert (intake.accepted, intake.refused) == (2, 6)
    assert (out / "rejects.csv").stat().st_mode & 0o077 == 0, "for their owner's eyes alone"
    text = (out / "rejects.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["row"]) for row in rows] == [4, 5, 6, 7, 8, 10]
    assert rows[3]["column"] == "Value"
    assert rows[3]["problem"] and rows[3]["remedy"]  # noqa: PT018
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    mended = csv_file(tmp_path / "mended.csv", text.replace("lots", "1m").replace("a,Falls again", "a2,Falls again"))
    again = list(take_in(mended, out, on_error="skip"))
    assert {need.title for need in again} >= {"Falls again", "Memory clinic"}


def test_stopping_names_file_row_and_field_and_leaves_nothing(tmp_path: Path) -> None:
    file, out = csv_file(tmp_path / "n.csv", HOSTILE), tmp_path / "out"
    with pytest.raises(InvalidInput, match=r"n\.csv, line 4, id: 'a' is the id of row 3 too"):
        list(take_in(file, out))
    assert list(out.iterdir()) == []


def test_old_rejects_go_once_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rejects.csv").write_text("of an earlier reading")
    assert len(list(take_in(csv_file(tmp_path / "n.csv", "title\nfalls\n"), tmp_path, on_error="skip"))) == 1
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
        ("n.json", b'{"releases": []}', "does not read"),
        ("n.jsonl", b"", "nothing in it"),
        ("n.csv", b"title\n" + b"x" * 2_100_000, "longer than"),
    ],
)
def test_files_that_hold_no_needs_are_told(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        list(take_in(csv_file(tmp_path / name, content), tmp_path / "out", on_error="skip"))
    assert caught.value.remedy


def test_a_missing_file_or_column_or_sheet_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such file"):
        NeedsTable.open(tmp_path / "none.csv")
    with pytest.raises(InvalidInput, match="there is no column 'Colour'; the columns are 'Title'"):
        NeedsTable.open(csv_file(tmp_path / "n.csv", "Title\nx\n"), {"title": "Colour"})
    with pytest.raises(InvalidInput, match="there is no sheet 'Other'"):
        NeedsTable.open(workbook_file(tmp_path / "n.xlsx", [["Title"], ["x"]]), sheet="Other")


def workbook_file(path: Path, rows: Sequence[Sequence[Any]], merged: str | None = None) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "List"
    for row in rows:
        sheet.append(list(row))
    if merged:
        sheet.merge_cells(merged)
    book.create_sheet("Notes").append(["nothing of interest"])
    book.save(path)
    return path


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
    assert isinstance(first, Read)
    assert (first.need.value, first.need.closes) == (1250.5, date(2026, 3, 31))
    assert isinstance(second, Read)
    assert second.need.title == "=A3&1", "a formula nobody has computed stays its text"
    assert isinstance(third, Refused)
    assert third.problem.problem == "holds the error #REF!"


def test_values_that_were_kept_stand_for_their_formulas(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "n.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Title", "Value"])
        sheet.write_formula(1, 0, '="Falls "&"clinic"', None, "Falls clinic")
        sheet.write_formula(1, 1, "=2*50", None, 100)
    (row,) = NeedsTable.open(tmp_path / "n.xlsx").rows()
    assert isinstance(row, Read)
    assert (row.need.title, row.need.value) == ("Falls clinic", 100)


def test_merged_cells_below_one_another_count_for_the_first(tmp_path: Path) -> None:
    file = workbook_file(tmp_path / "n.xlsx", [["Title", "Buyer"], ["a", "NHS X"], ["b", None], [None, "c"]], "A3:A4")
    first, second, third = NeedsTable.open(file).rows()
    assert isinstance(first, Read)
    assert isinstance(second, Read)
    assert isinstance(third, Refused)
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


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_template_filled_in_is_read(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"needs{ending}"
    write_template(file)
    with pytest.raises(InvalidInput, match="no need in it"):
        list(take_in(file, tmp_path / "out"))
    cells = [field.example for field in FIELDS]
    if ending == ".csv":
        with file.open("a", encoding="utf-8", newline="") as out:
            csv.writer(out).writerow(cells)
    else:
        book = openpyxl.load_workbook(file)
        for column, cell in enumerate(cells, start=1):
            book["Needs"].cell(2, column, cell)
        book.save(file)
    (need,) = take_in(file, tmp_path / "out")
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


def test_a_hundred_thousand_rows_take_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "n.csv"
    with file.open("wb") as out:
        out.write(b"id;title;description\r\n")
        for n in range(100_000):
            text = f"n{n % 99_990};Caf\u00e9 clinic {n};=cmd|'{n}'\r\n"
            out.write(text.encode("utf-8" if n % 2 else "cp1252"))
    tracemalloc.start()
    try:
        refused = sum(isinstance(row, Refused) for row in NeedsTable.open(file).rows())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refused == 10
    assert peak < 40_000_000, "the ids alone are held"


@given(st.text())
def test_what_is_neutralised_can_be_undone(text: str) -> None:
    assert as_written(neutralised(text)) == (as_written(text) if text.startswith("'") else text)
    assert not str(neutralised(text)).startswith(("=", "+", "-", "@", "\t", "\r"))


_CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


@given(rows=st.lists(st.tuples(_CELL, _CELL), min_size=1, max_size=5), delimiter=st.sampled_from([",", ";", "\t"]))
def test_every_row_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], delimiter: str
) -> None:
    file = tmp_path_factory.mktemp("any") / "n.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter=delimiter).writerows([("title", "description"), *rows])
    expected = [n for n, row in enumerate(rows, start=2) if row[0].strip() or row[1].strip()]
    assert [row.row for row in NeedsTable.open(file).rows()] == expected
