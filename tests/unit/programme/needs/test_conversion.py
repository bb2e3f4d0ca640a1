"""The conversion of cells: dates, amounts, codes and formulas, as people write them."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.foundations.errors import InvalidInput
from matcher.foundations.spreadsheet_cells import escape_formula, unescape_formula
from matcher.programme.needs.conversion import need_content
from matcher.records import Need, Sector, Stage


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
def test_text_that_is_not_an_amount_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="amount"):
        need_content({"title": "T", "value": text}, 1)


@pytest.mark.parametrize(
    "text", ["2026-03-31", "31/03/2026", "31/03/26", "31.03.2026", "31 March 2026", "Tuesday, 31 March 2026",
             "31-Mar-26", "31/03/2026 09:00", "2026-03-31 09:00:00"],
)  # fmt: skip
def test_dates(text: str) -> None:
    assert Need.model_validate(need_content({"id": "n", "title": "T", "closes": text}, 1)).closes == date(2026, 3, 31)


@pytest.mark.parametrize("text", ["31/02/2026", "03/31/2026", "soon", "2026", "45000"])
def test_text_that_is_not_a_date_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="date"):
        need_content({"title": "T", "closes": text}, 1)


def test_a_code_without_its_leading_zero_gets_it_back() -> None:
    assert need_content({"title": "T", "cpv": 9000000.0}, 1)["cpv"] == ["09000000"]


def test_without_a_title_the_start_of_the_description_is_the_title() -> None:
    content = need_content({"description": "word " * 300}, 9)
    assert content["id"] == "row-9"
    assert 400 < len(content["title"]) <= 500
    assert (content["title"] + " " + content["description"]).split() == ["word"] * 300


@given(st.text())
def test_an_escaped_formula_can_be_unescaped(text: str) -> None:
    assert unescape_formula(escape_formula(text)) == (unescape_formula(text) if text.startswith("'") else text)
    assert not str(escape_formula(text)).startswith(("=", "+", "-", "@", "\t", "\r"))
