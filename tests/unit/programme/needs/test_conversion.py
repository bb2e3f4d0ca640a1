"""The conversion of cells: amounts, dates, codes and places, as people write them. No cell loses the need."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.foundations.errors import InvalidInput
from matcher.foundations.spreadsheet_cells import escape_formula, unescape_formula
from matcher.programme.needs.conversion import Cell, read_cells
from matcher.records import Need, Region, Sector, Stage


def read(**cells: Cell) -> tuple[Need, list[str]]:
    """Return the need in a row with a title and `cells`, and the fields that have a warning."""
    result = read_cells({"title": "T", **cells}, 1)
    return result.to_need(1), [warning.field for warning in result.warnings]


def test_cells_are_read_as_people_write_them() -> None:
    result = read_cells(
        {
            "id": "NEED 7", "title": "Falls", "buyer": "NHS X", "ods_code": "QWO", "value": "£1.2m",
            "cpv": "85100000-0 Health; 9000000 80000000", "published": "3rd March 2026",
            "closes": datetime(2026, 12, 1, 9), "stage": "Market engagement", "sectors": "charity, Social Enterprise",
            "accreditations": "DSPT; ISO 27001", "outcomes": "• fewer falls\n• less fear",
            "postcode": None, "region": "",
        },
        3,
    )  # fmt: skip
    need = result.to_need(3)
    assert not result.warnings
    assert (need.id, need.value, need.cpv) == ("NEED-7", 1_200_000, ("85100000", "80000000"))
    assert (need.published, need.closes, need.stage) == (date(2026, 3, 3), date(2026, 12, 1), Stage.MARKET_ENGAGEMENT)
    assert need.requirements.sectors == (Sector.CHARITY, Sector.SOCIAL_ENTERPRISE)
    assert need.requirements.accreditations == ("DSPT", "ISO 27001")
    assert need.outcomes == ("fewer falls", "less fear")
    assert need.buyer is not None
    assert need.buyer.ods_code == "QWO"


@pytest.mark.parametrize(
    "text", ["2026-03-31", "31/03/2026", "31/03/26", "31.03.2026", "31 March 2026", "Tuesday, 31 March 2026",
             "31-Mar-26", "31/03/2026 09:00", "2026-03-31 09:00:00", "31st March 2026 12 noon", "March 31, 2026",
             "Tue 31 March 2026", "2026-03-31T14:38:59+01:00", "20260331"],
)  # fmt: skip
def test_dates(text: str) -> None:
    need, warnings = read(closes=text)
    assert (need.closes, warnings) == (date(2026, 3, 31), [])


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Apr-27", date(2027, 4, 1), date(2027, 4, 30)),
        ("April 2027", date(2027, 4, 1), date(2027, 4, 30)),
        ("Sept 2027", date(2027, 9, 1), date(2027, 9, 30)),
        ("02/2028", date(2028, 2, 1), date(2028, 2, 29)),
        ("2027", date(2027, 1, 1), date(2027, 12, 31)),
        ("Q3 26/27", date(2026, 10, 1), date(2026, 12, 31)),
        ("Q4 2026/27", date(2027, 1, 1), date(2027, 3, 31)),
        ("45000", date(2023, 3, 15), date(2023, 3, 15)),
    ],
)
def test_a_month_a_quarter_or_a_year_counts_as_its_first_or_last_day_and_is_told(
    text: str, first: date, last: date
) -> None:
    need, warnings = read(starts=text, closes=text)
    assert (need.starts, need.closes, warnings) == (first, last, ["starts", "closes"])


@pytest.mark.parametrize(
    "text", ["31/02/2026", "03/31/2026", "2026-04-31", "soon", "99999", "TBC", "Q1 26/28", "9" * 999]
)
def test_text_that_is_not_a_date_is_unknown_and_told(text: str) -> None:
    need, warnings = read(closes=text)
    assert (need.closes, warnings) == (None, ["closes"])


@pytest.mark.parametrize(
    ("region", "kept", "told"),
    [
        ("Midlands", "East Midlands, West Midlands", False),
        ("NHS England - London", "NHS England - London", False),
        ("UKG", Region.WEST_MIDLANDS, False),
        ("NW", Region.NORTH_WEST, False),
        ("Y&H", Region.YORKSHIRE_AND_THE_HUMBER, False),
        ("E40000012", "North East, Yorkshire and The Humber", False),
        ("Hampshire and Isle of Wight", "Hampshire and Isle of Wight", False),
        ("Any region", "National", False),
        ("Atlantis", "Atlantis", True),
    ],
)
def test_codes_and_regions_of_the_nhs_are_spelt_out(region: str, kept: str, told: bool) -> None:
    need, warnings = read(region=region)
    assert (need.region, warnings) == (kept, ["region"] if told else [])


def test_a_need_in_the_whole_country_says_so() -> None:
    assert read(nationwide="Yes")[0].region == "National"
    assert read(nationwide="No")[0].region is None
    assert read(nationwide="Yes", region="London")[0].region == Region.LONDON


@pytest.mark.parametrize(
    ("regions", "required", "told"),
    [
        ("London; Midlands", {Region.LONDON, Region.EAST_MIDLANDS, Region.WEST_MIDLANDS}, 0),
        ("London, Wales", {Region.LONDON, Region.WALES}, 0),
        ("Any region", set(), 0),
        ("England", set(), 0),
        ("London; Atlantis", {Region.LONDON}, 1),
    ],
)
def test_required_regions(regions: str, required: set[Region], told: int) -> None:
    need, warnings = read(regions=regions)
    assert (set(need.requirements.regions), len(warnings)) == (required, told)


@pytest.mark.parametrize(
    "cells",
    [
        {"sectors": "charity; pirates"},
        {"stage": "whenever"},
        {"cpv": "none"},
        {"postcode": "somewhere"},
        {"ods_code": "!!!"},
        {"buyer": "x" * 900},
        {"id": "\u202e()"},
        {"accreditations": "y" * 900},
        {"outcomes": "z" * 200_000},
        {"published": "#N/A"},
    ],
)
def test_an_optional_cell_that_is_not_valid_never_loses_the_need(cells: dict[str, Cell]) -> None:
    need, warnings = read(**cells)
    assert need.title == "T"
    assert warnings


@pytest.mark.parametrize(
    ("cells", "stage"),
    [
        ({"status": "Open"}, Stage.TENDER),
        ({"status": "Awarded"}, Stage.AWARD),
        ({"status": "Live", "stage": "planning"}, Stage.PLANNING),
        ({"notice_type": "Early engagement"}, Stage.MARKET_ENGAGEMENT),
        ({"notice_type": "Future opportunity", "status": "Published"}, Stage.TENDER),
        ({"status": "Who knows"}, None),
    ],
)
def test_status_and_notice_type_give_the_stage(cells: dict[str, str], stage: Stage | None) -> None:
    assert read(**cells)[0].stage is stage


@pytest.mark.parametrize("status", ["Withdrawn", "CANCELLED", "no longer required"])
def test_a_withdrawn_need_is_passed_over(status: str) -> None:
    assert status in (read_cells({"title": "T", "status": status}, 1).passed_over or "")


def test_a_code_without_its_leading_zero_gets_it_back() -> None:
    assert read(cpv=9000000.0)[0].cpv == ("09000000",)


@pytest.mark.parametrize("title", ["", "-", "…"])
def test_without_a_title_the_start_of_the_description_is_the_title(title: str) -> None:
    need = read_cells({"title": title, "description": "word " * 300}, 9).to_need(9)
    assert need.id == "row-9"
    assert 400 < len(need.title) <= 500
    assert (need.title + " " + need.description).split() == ["word"] * 300


def test_what_does_not_fit_in_the_title_moves_to_the_description() -> None:
    need = read_cells({"title": "word " * 300, "description": "end"}, 9).to_need(9)
    assert f"{need.title} {need.description}".split() == [*["word"] * 300, "end"]


def test_a_row_without_a_title_and_description_is_refused() -> None:
    with pytest.raises(InvalidInput):
        read_cells({"value": "5", "title": " - "}, 1).to_need(1)


@given(st.dictionaries(st.sampled_from(["value", "closes", "region", "cpv", "stage", "status", "sectors"]), st.text()))
def test_no_cell_loses_the_need(cells: dict[str, str]) -> None:
    result = read_cells({"title": "T", **cells}, 1)
    assert result.passed_over or result.to_need(1).title == "T"


@given(st.text())
def test_an_escaped_formula_can_be_unescaped(text: str) -> None:
    assert unescape_formula(escape_formula(text)) == (unescape_formula(text) if text.startswith("'") else text)
    assert not str(escape_formula(text)).startswith(("=", "+", "-", "@", "\t", "\r"))
