"""Tables of needs: columns, encodings and delimiters, and rows that are refused."""

from __future__ import annotations

import csv
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.foundations.errors import InvalidInput
from matcher.programme.needs.columns import FIELDS, map_columns, parse_column_choice
from matcher.programme.needs.table import AcceptedRow, NeedsTable, PassedOverRow, RejectedRow
from tests.support.needs_files import HOSTILE, csv_file, workbook_file


def titles(table: NeedsTable) -> list[str]:
    rows = list(table.rows())
    assert all(isinstance(row, AcceptedRow) for row in rows), rows
    return [row.need.title for row in rows if isinstance(row, AcceptedRow)]


@pytest.mark.parametrize(
    ("encoding", "mark", "described"),
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
def test_encoding_and_delimiter_are_detected(
    tmp_path: Path, encoding: str, mark: bytes, described: str, delimiter: str, name: str
) -> None:
    lines = [["Title", "Details"], ["Café “steady” – £5", "two, or; three"]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(lines)
    file = csv_file(tmp_path / "n.csv", mark + text.getvalue().encode(encoding))
    table = NeedsTable.open(file)
    assert titles(table) == ["Café “steady” – £5"]
    assert table.form == f"CSV, {described}, delimiter {name}"


def test_a_file_with_two_encodings_is_read(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "n.csv", b"title\ncaf\xc3\xa9\ncaf\xe9\n")
    table = NeedsTable.open(file)
    assert titles(table) == ["café", "café"]
    assert "1 line Windows-1252" in table.form


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_any_line_ending_is_read(tmp_path: Path, end: str, encoding: str) -> None:
    text = end.join(["sep=;", "Title;Details", "Falls;café", '"Two;\nlines";x', "Last;y"])
    table = NeedsTable.open(csv_file(tmp_path / "n.csv", text, encoding))
    assert titles(table) == ["Falls", "Two;\nlines", "Last"]


def test_usual_headings_are_mapped_and_others_can_be_chosen() -> None:
    header = ["Ref", "What we want", "Contract Value (£)", "Closing_Date", "Contact e-mail"]
    columns = map_columns(header, parse_column_choice('title="What we want",value=contract value £'))
    assert {column.field: column.heading for column in columns.columns} == {
        "id": "Ref", "title": "What we want", "value": "Contract Value (£)", "closes": "Closing_Date",
    }  # fmt: skip
    assert columns.unread == ("Contact e-mail",)


def test_every_heading_of_the_template_is_mapped() -> None:
    columns = map_columns([field.heading for field in FIELDS])
    assert [column.field for column in columns.columns] == [field.name for field in FIELDS]
    keys = [name.casefold() for field in FIELDS for name in (field.heading, *field.usual)]
    assert len(keys) == len(set(keys)), "no heading belongs to two fields"


@pytest.mark.parametrize("text", ["title", "=Column", "price=Column", "title=A,title=B", "title="])
def test_a_malformed_choice_of_columns_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="the choice of columns"):
        parse_column_choice(text)


def test_refused_rows_have_a_field_and_a_remedy(tmp_path: Path) -> None:
    table = NeedsTable.open(csv_file(tmp_path / "n.csv", HOSTILE))
    assert table.header_row == 2
    rows = list(table.rows())
    refused = {row.row: (row.problem.place.field, row.problem.problem) for row in rows if isinstance(row, RejectedRow)}
    assert refused == {
        4: ("id", "row 3 also has the id 'a'"),
        5: ("title", "is missing"),
        6: (None, "is not a row of a table: ',' expected after '\"'"),
        10: (None, "has 2 cells, but column 3 is needed"),
    }
    assert all(row.problem.remedy for row in rows if isinstance(row, RejectedRow))
    assert [(row.row, row.need.id) for row in rows if isinstance(row, AcceptedRow)] == [
        (3, "a"),
        (7, "d"),
        (8, "e"),
        (9, "row-9"),
    ]
    told = [(row.row, row.warnings[0].text) for row in rows if isinstance(row, AcceptedRow) and row.warnings]
    assert told == [(7, "lots"), (8, "=1")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Total,,450000", "totals"),
        ("Grand total:,,450000", "totals"),
        (",Sub-total,450000", "totals"),
        ("TOTALS,,450000", "totals"),
        ("Values exclude VAT,,", "note"),
        (",Note: all values are estimates,", "note"),
        (",* subject to approval,", "note"),
        ("Ref,Title,Value", "column names"),
        (" REF , title,VALUE", "column names"),
    ],
)
def test_rows_that_hold_no_need_are_passed_over_and_told(tmp_path: Path, line: str, reason: str) -> None:
    file = csv_file(tmp_path / "n.csv", f"Ref,Title,Value\na,Falls,1\n{line}\nb,Meals,2\n")
    rows = list(NeedsTable.open(file).rows())
    assert [type(row) for row in rows] == [AcceptedRow, PassedOverRow, AcceptedRow]
    assert isinstance(rows[1], PassedOverRow)
    assert reason in rows[1].reason


@pytest.mark.parametrize("line", ["c,Total hip replacements,5", "Total care,Meals,5", "c,Notes service,5", "c,Sleep,"])
def test_a_need_that_looks_like_a_total_or_a_note_is_read(tmp_path: Path, line: str) -> None:
    [row] = NeedsTable.open(csv_file(tmp_path / "n.csv", f"Ref,Title,Value\n{line}\n")).rows()
    assert isinstance(row, AcceptedRow)


# Headings of published pipelines, contract registers and exports.
HEADINGS = {
    "value": (
        "Estimated value (£) total", "Value", "Contract Value (£)", "Total Contract Value",
        "Estimated Contract Value £", "Value of contract (ex VAT)", "Estimated total value (£k)",
        "Budget 2026/27", "Total value (£m)", "Anticipated value", "Approx. Value", "Est. value",
        "Contract value - total (£)", "Maximum contract value", "Value High", "Whole life value",
        "Whole Life Cost (£)", "Contract Sum", "Estimated contract value (inc VAT)", "Estimated Lifetime Value",
        "Total Estimated Cost", "Indicative value £", "Amount (£)", "Estimated Value GBP",
        "Forecast value (£000s)", "Potential value", "Contract amount",
        "Total value of contract (excluding VAT)", "Value £", "Estimated total contract value (GBP)",
        "Expected contract value", "Procurement value",
    ),
    "title": (
        "Title", "Contract title", "Contract Name", "Project Title", "Requirement", "Title of Agreement",
        "Procurement Title", "Project Name", "Opportunity Title", "Contract", "Tender Title", "Title of contract",
        "Procurement project", "Service", "Scheme name", "Name", "Subject", "Need", "Agreement title", "Notice Title",
        "Procurement Activity", "Requirement title", "Service Title", "Activity", "Project", "Programme",
        "Title (required)", "Contract Title / Name", "Contract/Project title", "Name of contract", "Opportunity",
    ),
    "buyer": (
        "Buyer", "Organisation", "Organisation Name", "Contracting Authority", "Authority", "Council", "Trust", "ICB",
        "Commissioner", "Department", "Lead organisation", "Contracting body", "Customer", "Public body", "Buyer name",
        "Organization", "Procuring organisation", "Client", "Purchasing authority", "Contracting organisation",
        "Trust name", "Commissioning organisation", "NHS organisation", "Lead commissioner", "Purchaser",
        "Contracting Authority Name", "Buying organisation", "ICB name", "Local authority",
        "Contracting authority (name)", "Lead authority",
    ),
    "published": (
        "Publication date", "Published Date", "Date published", "Estimated publication date", "Contract notice date",
        "Expected publication date", "Date advertised", "Notice published date",
    ),
    "closes": (
        "Closing date", "Closing Date", "Deadline", "Submission deadline", "Tender deadline", "Tender return date",
        "Closing date and time", "Deadline for submissions", "Response deadline", "Tender closing date",
    ),
    "starts": (
        "Estimated contract start date", "Contract start date", "Start date", "Anticipated start date",
        "Contract Start", "Expected start", "Proposed contract start date", "Go live date", "Date",
        "Commencement date", "Contract commencement date", "Start date (dd/mm/yyyy)", "Est. start date",
        "Target start date", "Anticipated contract start (month/year)", "Required by", "Contract start date 2027",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "heading"), [(field, each) for field, headings in HEADINGS.items() for each in headings]
)
def test_published_headings_are_read(field: str, heading: str) -> None:
    assert [column.field for column in map_columns([heading]).columns] == [field]


@pytest.mark.parametrize(
    "heading",
    ["Contact Postcode", "Directorate", "Procurement route", "Contact Name", "Supplier's contact name", "End Date",
     "Attachments", "(£)", "2026/27", "£", "Total", "Estimated", "", "()", "Parent Reference", "Links"],
)  # fmt: skip
def test_other_headings_are_left_alone(heading: str) -> None:
    assert map_columns([heading]).columns == ()


def test_a_plain_heading_comes_before_one_with_units_and_estimates() -> None:
    columns = map_columns(["Estimated value (£)", "Value", "Total title", "Title"])
    assert {column.field: column.heading for column in columns.columns} == {"title": "Title", "value": "Value"}


def test_an_unclosed_quote_is_refused(tmp_path: Path) -> None:
    table = NeedsTable.open(csv_file(tmp_path / "n.csv", 'title,details\none,"open\ntwo,x\nthree,y\n'))
    assert any(isinstance(row, RejectedRow) and row.row == 2 for row in table.rows())


def test_a_missing_file_column_or_sheet_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such file"):
        NeedsTable.open(tmp_path / "none.csv")
    with pytest.raises(InvalidInput, match="there is no column 'Colour'; the columns are 'Title'"):
        NeedsTable.open(csv_file(tmp_path / "n.csv", "Title\nx\n"), {"title": "Colour"})
    with pytest.raises(InvalidInput, match="there is no sheet 'Other'"):
        NeedsTable.open(workbook_file(tmp_path / "n.xlsx", [["Title"], ["x"]]), sheet="Other")


def test_reading_100_000_rows_uses_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "n.csv"
    with file.open("wb") as out:
        out.write(b"id;title;description\r\n")
        for n in range(100_000):
            text = f"n{n % 99_990};Caf\u00e9 clinic {n};=cmd|'{n}'\r\n"
            out.write(text.encode("utf-8" if n % 2 else "cp1252"))
    tracemalloc.start()
    try:
        refused = sum(isinstance(row, RejectedRow) for row in NeedsTable.open(file).rows())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refused == 10
    assert peak < 40_000_000, "only the ids are held"


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
