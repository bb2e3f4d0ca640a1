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


def valued(text: Cell, **others: str) -> tuple[float | None, list[str]]:
    """Return the value of a need whose value cell holds `text`, and the warnings."""
    headings = {"value": others.pop("heading", "Value")}
    result = read_cells({"title": "T", "value": text, **others}, 1, headings)
    return result.to_need(1).value, [f"{warning.text}: {warning.problem}" for warning in result.warnings]


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
    ("text", "amount"),
    [
        ("250000", 250_000),
        (250_000.0, 250_000),
        ("1,200,000.50", 1_200_000.5),
        ("£ 250k", 250_000),
        ("2 million", 2e6),
        ("£1.2 Million", 1.2e6),
        ("gbp 5", 5),
        ("£45,000 GBP", 45_000),
        ("0", 0),
        ("1.200.000,00", 1_200_000),
        ("1 200 000", 1_200_000),
        ("1'200'000", 1_200_000),
        ("1,5m", 1.5e6),
        ("£000s 450", 450_000),
        ("450 thousand", 450_000),
    ],
)
def test_plain_amounts(text: Cell, amount: float) -> None:
    value, warnings = valued(text)
    assert value == amount
    assert not warnings or "GBP" in str(text)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("£250k - £300k", 300_000),
        ("250-300k", 300_000),
        ("£250,000 to £300,000", 300_000),
        ("between £1m and £2m", 2e6),
        ("£0.5m–£1m", 1e6),
        ("Under £100k", 100_000),
        ("up to 5m", 5e6),
        ("<£100k", 100_000),
        ("max £20,000", 20_000),
        ("c. £50k", 50_000),
        ("circa £1.2 million", 1.2e6),
        ("£50k+", 50_000),
        ("£1.2m (inc VAT)", 1.2e6),
    ],
)
def test_ranges_and_estimates_count_as_their_upper_end_and_are_told(text: str, amount: float) -> None:
    value, [warning] = valued(text)
    assert value == amount
    assert warning.startswith(f"{text}: taken as")


@pytest.mark.parametrize(
    "text",
    ["tbc", "TBD", "N/A", "1,2", "-5", "(500)", "1.2.3", "£", "1e5", "€5", "EUR 900", "$5m", "nil", "3 x £50k",
     "£100k per annum", "300k - 250k", "12 months", "∞", "NaN", "#REF!", "9" * 400, "1" + ",000" * 300, "k", True],
)  # fmt: skip
def test_a_value_that_is_not_an_amount_is_unknown_and_told(text: Cell) -> None:
    value, warnings = valued(text)
    assert value is None
    assert len(warnings) == 1


@pytest.mark.parametrize(
    ("heading", "amount"),
    [
        ("Value (£000s)", 450_000),
        ("Budget £k", 450_000),
        ("Contract value (£m)", 450e6),
        ("Value £'000", 450_000),
        ("Value (£ thousands)", 450_000),
        ("Value", 450),
        ("Kings market value", 450),
    ],
)
def test_the_unit_in_a_heading_counts(heading: str, amount: float) -> None:
    assert valued("450", heading=heading)[0] == amount
    assert valued("£450k", heading=heading)[0] == 450_000, "a unit in the cell comes first"


@pytest.mark.parametrize("currency", ["EUR", "usd", "Euros", "JPY", "XYZ"])
def test_another_currency_is_unknown_and_told(currency: str) -> None:
    value, [warning] = valued("900000", currency=currency)
    assert value is None
    assert currency.casefold() in warning.casefold()
    assert valued("900000", heading="Value (€)")[0] is None
    assert valued("900000", currency="GBP") == (900_000, [])


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        ({"value": "400000", "value_low": "150000"}, 400_000),
        ({"value": "0", "value_low": "0", "awarded_value": "515000", "status": "Awarded"}, 515_000),
        ({"value": "600000", "awarded_value": "515000", "status": "Awarded"}, 515_000),
        ({"value": "600000", "awarded_value": "515000"}, 600_000),
        ({"value": "0", "value_low": "0"}, None),
        ({"value": "0"}, 0),
        ({"value_low": "150000"}, 150_000),
    ],
)
def test_the_values_of_an_export(cells: dict[str, str], value: float | None) -> None:
    assert read(**cells)[0].value == value


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
