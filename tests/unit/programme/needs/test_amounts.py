"""Amounts: plain numbers, ranges, estimates, units and currencies, as people write them in the cell for a value."""

from __future__ import annotations

import pytest

from matcher.programme.needs.conversion import Cell, read_cells


def valued(text: Cell, **others: str) -> tuple[float | None, list[str]]:
    """Return the value of a need whose value cell holds `text`, and the warnings."""
    headings = {"value": others.pop("heading", "Value")}
    result = read_cells({"title": "T", "value": text, **others}, 1, headings)
    return result.to_need(1).value, [f"{warning.text}: {warning.problem}" for warning in result.warnings]


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
    assert read_cells({"title": "T", **cells}, 1).to_need(1).value == value
