"""Reports of the Organisation Data Service: tables without column names, read by position."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcher.foundations.errors import InvalidInput
from matcher.register import Organisations, import_files
from matcher.sources import ods
from matcher.sources.ods import OdsOrganisation
from matcher.store import Store

TAIL = "," * 14


def row(code: str, name: str, closed: str = "", opened: str = "20220401") -> str:
    """Return a row of 27 columns."""
    address = '"1 EXAMPLE ROAD","","","FERNLEIGH","SHIRE","LS1 4AP"'
    return f'"{code}","{name}","Y63","QWO",{address},"{opened}","{closed}","B"{TAIL}'


def organisations(folder: Path, *lines: str, ending: str = "\n") -> list[OdsOrganisation]:
    path = folder / "report.csv"
    path.write_bytes(ending.join([*lines, ""]).encode())
    return [item.value for item in ods.read(path) if item.value]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_report_is_read_by_position(tmp_path: Path, ending: str) -> None:
    read = organisations(
        tmp_path,
        row("QWO", "NHS WEST YORKSHIRE INTEGRATED CARE BOARD"),
        row("RZ1", "FERNLEIGH NHS FOUNDATION TRUST", closed="20230331"),
        row("B81001", "THE FERNLEIGH SURGERY, MAIN STREET", closed="20991231"),
        row("RZ101", "FERNLEIGH INFIRMARY"),
        ending=ending,
    )
    assert read == [
        OdsOrganisation("QWO", "NHS West Yorkshire Integrated Care Board", True, "icb"),
        OdsOrganisation("RZ1", "FERNLEIGH NHS FOUNDATION TRUST", False, "trust"),
        OdsOrganisation("B81001", "THE FERNLEIGH SURGERY, MAIN STREET"),
        OdsOrganisation("RZ101", "FERNLEIGH INFIRMARY"),
    ]


def test_rows_of_another_width_are_read_and_broken_ones_are_told(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    lines = [
        row("QWO", "NHS WEST YORKSHIRE INTEGRATED CARE BOARD"),
        "RZ2,FERNLEIGH TRUST",
        ",NO CODE",
        "R-1,BAD",
        "RZ3",
    ]
    path.write_text("\n".join(lines))
    items = list(ods.read(path))
    assert [item.value.code for item in items if item.value] == ["QWO", "RZ2"]
    problems = [item.problem for item in items if item.problem]
    assert [problem.place.line for problem in problems] == [3, 4, 5]


@pytest.mark.parametrize(
    "header",
    [
        "Organisation Code,Name,National Grouping,Close Date",
        "code,name,x,close date",
        "ODS Code,Organisation Name,x,Close Date",
    ],
)
def test_a_report_with_column_names_is_read_by_name(tmp_path: Path, header: str) -> None:
    read = organisations(tmp_path, header, "RZ1,Fernleigh Trust,Y63,20230331", "RZ2,Duddon Trust,Y63,")
    assert [(one.code, one.name, one.active) for one in read] == [
        ("RZ1", "Fernleigh Trust", False),
        ("RZ2", "Duddon Trust", True),
    ]


@pytest.mark.parametrize(
    "lines",
    [
        ["a,b,c,d,e,f,g,h,i,j,k,l,m", "1,2,3,4,5,6,7,8,9,10,11,12,13"],  # dates are missing
        ["RZ1,FERNLEIGH"],  # too narrow to be told from column names
        ["colour,price", "red,5"],
    ],
)
def test_other_tables_are_refused(tmp_path: Path, lines: list[str]) -> None:
    with pytest.raises(InvalidInput, match="no line with the columns"):
        organisations(tmp_path, *lines)


def test_an_imported_report_keeps_boards_recognised(tmp_path: Path, file_store: Store) -> None:
    path = tmp_path / "eccg.csv"
    path.write_text(row("QWO", "NHS WEST YORKSHIRE INTEGRATED CARE BOARD"))
    import_files(file_store, "ods", [path])
    [board] = Organisations(file_store).current("15F")
    assert (board.code, board.name, board.role) == ("QWO", "NHS West Yorkshire Integrated Care Board", "icb")


def test_the_published_form(shared_data: Path) -> None:
    [board] = [item.value for item in ods.read(shared_data.parent / "cases" / "04-ods-no-heading.csv") if item.value]
    assert (board.code, board.role) == ("QWO", "icb")
