"""Values of needs and awards: net, gross, in text, as ranges, and as sums of lots and contracts."""

from __future__ import annotations

from typing import Any

import pytest

from matcher.sources.amounts import Amount, parse_amount
from matcher.sources.statement import Tally
from tests.support.notices import party, release
from tests.support.processes import award, bases, merged, need, pounds, work

DERWENT, TEES = party("Derwent Loans Ltd", company="06111222"), party("Tees Loans Ltd", 2)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("77,000.00", Amount(77_000)),
        ("£1,200,000", Amount(1_200_000)),
        ("1.200.000,00", Amount(1_200_000)),
        ("1 200 000", Amount(1_200_000)),
        ("GBP 1.2m", Amount(1_200_000)),
        ("50000 gbp", Amount(50_000)),
        ("£1.5 million", Amount(1_500_000)),
        ("£250k - £300k", Amount(300_000, "the upper end of a range")),
        ("between £1m and £2m", Amount(2_000_000, "the upper end of a range")),
        ("1-2 million", Amount(2_000_000, "the upper end of a range")),
        ("Up to £500,000", Amount(500_000, "a ceiling")),
        ("max. £90,000", Amount(90_000, "a ceiling")),
        ("c. £40k", Amount(40_000, "an approximate amount")),
        ("£50,000+", Amount(50_000, "the lower end of a range")),
        ("£100,000 (excl. VAT)", Amount(100_000)),
        ("100,000 plus VAT", Amount(100_000)),
        ("120,000 including VAT", Amount(120_000, includes_vat=True)),
        *[(text, None) for text in ("TBC", "€900", "$5m", "£450 per day", "", "-5", "1e6", "NaN", "£", "12 34 5", "²")],
    ],
)
def test_amounts_in_text(text: str, amount: Amount | None) -> None:
    assert parse_amount(text) == amount


@pytest.mark.parametrize(
    ("value", "amount", "basis"),
    [
        (pounds(60_000), 60_000, "stated"),
        (pounds("60,000.00"), 60_000, "stated"),
        ({"amount": 60_000, "currency": "gbp"}, 60_000, "stated"),
        ({"amount": 60_000, "currency": " £ "}, 60_000, "stated"),
        ({"amount": 60_000}, 60_000, "stated"),
        ([pounds(60_000)], 60_000, "stated"),
        ({"amountGross": 48_000, "currency": "GBP"}, 40_000, "derived"),
        ({"amount": 0, "amountGross": 48_000, "currency": "GBP"}, 40_000, "derived"),
        ({"amount": None, "amountGross": "48,000", "currency": "GBP"}, 40_000, "derived"),
        (pounds(48_000, valueAddedTaxIncluded=True), 40_000, "derived"),
        (pounds("48,000 inc VAT"), 40_000, "derived"),
        (pounds(60_000, amountGross=72_000), 60_000, "stated"),
        (pounds("£250k - £300k"), 300_000, "estimated"),
        (pounds("up to £90k"), 90_000, "estimated"),
        (pounds(True), None, ""),
        (pounds("TBC"), None, ""),
        (pounds(10**400), None, ""),
        (pounds(-5), None, ""),
        (pounds(1e16), None, ""),
        ({"amount": 60_000, "currency": "EUR"}, None, ""),
        ({"amountGross": 60_000, "currency": "eur"}, None, ""),
    ],
)
def test_the_value_of_an_award_and_its_basis(value: Any, amount: float | None, basis: str) -> None:
    tally = Tally()
    notice = release(1, suppliers=(DERWENT,), award={"value": value}, tender={"value": None})
    process = merged(notice, tally=tally)
    (statement,) = process.statements
    assert statement.fields["track_record"][0].get("value") == amount
    assert statement.fields.get("basis", {}).get("track_record.value", "").partition(":")[0] == basis
    assert process.need is not None
    assert process.need.value == amount, "from the only award"
    if amount is None:
        assert sum(tally.fields.values()) + sum(tally.counts.values()) > 4, "it is told"


@pytest.mark.parametrize(
    ("tender", "amount", "basis"),
    [
        ({"value": None, "minValue": pounds(5_000), "maxValue": pounds(9_000)}, 9_000, "estimated: the upper end"),
        ({"value": None, "maxValue": pounds(9_000)}, 9_000, "estimated: a ceiling"),
        ({"value": None, "minValue": pounds(5_000)}, 5_000, "estimated: the lower end"),
        ({"value": pounds(7_000), "maxValue": pounds(9_000)}, 7_000, "stated"),
        ({"value": {"amountGross": 12_000, "currency": "GBP"}}, 10_000, "derived: the gross amount less VAT at 20%"),
        (
            {"value": None, "lots": [{"id": n, "value": pounds(500)} for n in (1, 2)]},
            1_000,
            "derived: the sum of 2 lots",
        ),
        ({"value": None, "lots": [{"id": 1, "maxValue": pounds(500)}]}, 500, "estimated: the value of the only lot"),
        ({"value": pounds(0), "lots": [{"id": 1, "value": pounds(500)}]}, 500, "derived: the value of the only lot"),
    ],
)
def test_the_value_of_a_need_and_its_basis(tender: dict[str, Any], amount: float, basis: str) -> None:
    process = merged(release(1, tender=tender))
    assert process.need is not None
    assert process.need.value == amount
    assert str(process.value).startswith(basis)


def contract(number: int, amount: float | None, status: str = "active", **more: Any) -> dict[str, Any]:
    value = {"value": pounds(amount)} if amount else {}
    return {"id": f"c{number}", "awardID": "1", "status": status, **value, **more}


def signed(*contracts: dict[str, Any], awards: tuple[dict[str, Any], ...] = (award("1", DERWENT),)) -> dict[str, Any]:
    notice = release(1, tag="award", suppliers=(DERWENT, TEES), tender={"value": None}, contracts=list(contracts))
    return notice | {"awards": list(awards)}


def test_contracts_in_force_add_up_for_the_award_and_for_the_need() -> None:
    notice = signed(contract(0, 5_000_000, "cancelled"), contract(1, 100_000), contract(2, 250_000, "terminated"))
    assert work(notice)["Derwent Loans Ltd"]["value"] == 350_000
    assert bases(notice) == {"Derwent Loans Ltd": "derived: the sum of 2 contracts"}
    assert need(notice).value == 350_000


@pytest.mark.parametrize("status", ["pending", "Cancelled", " CANCELLED ", "planned"])
def test_contracts_that_are_not_in_force_do_not_count(status: str) -> None:
    notice = signed(contract(0, 5_000_000, status), contract(1, 100_000))
    assert need(notice).value == 100_000


def test_an_award_whose_contracts_were_all_cancelled_counts_for_nobody() -> None:
    tally = Tally()
    process = merged(signed(contract(0, 5_000_000, "cancelled"), contract(1, 9_000, "cancelled")), tally=tally)
    assert process.statements == ()
    assert process.need is not None
    assert process.need.value is None
    assert tally.counts["awards whose contracts were cancelled"] == 1
    assert tally.warnings


def test_the_award_states_its_value_before_its_contracts() -> None:
    own = (award("1", DERWENT, value=pounds(300_000)),)
    assert work(signed(contract(1, 100_000), awards=own))["Derwent Loans Ltd"]["value"] == 300_000


def test_a_contract_without_a_value_leaves_the_sum_unknown() -> None:
    assert need(signed(contract(1, 100_000), contract(2, None))).value is None


def test_a_contract_that_names_no_award_belongs_to_the_only_one() -> None:
    assert need(signed({"id": "c", "value": pounds(7_000)})).value == 7_000
    two = signed({"id": "c", "value": pounds(7_000)}, awards=(award("1", DERWENT), award("2", TEES)))
    tally = Tally()
    assert [work.get("value") for work in work(two, tally=tally).values()] == [None, None]
    assert tally.counts["contracts of no single award"] == 1


def test_contracts_under_awards_that_share_an_id_go_by_lot_then_by_order() -> None:
    both = (award("1", DERWENT, relatedLots=["a"]), award("1", TEES, relatedLots=["b"]))
    by_lot = signed(contract(1, 5_000, relatedLots=["b"]), contract(2, 6_000, relatedLots=["a"]), awards=both)
    assert {name: piece["value"] for name, piece in work(by_lot).items()} == {
        "Derwent Loans Ltd": 6_000,
        "Tees Loans Ltd": 5_000,
    }
    plain = (award("1", DERWENT), award("1", TEES))
    by_order = signed(contract(1, 5_000), contract(2, 6_000), awards=plain)
    assert [piece["value"] for piece in work(by_order).values()] == [5_000, 6_000]
    assert need(by_order).value == 11_000
