"""Lots: a need keeps them as parts, and an award tells what its supplier won."""

from __future__ import annotations

from typing import Any

import pytest

from matcher.records import Lot, Need, Region, parse
from matcher.sources.statement import Tally
from tests.support.notices import party, release
from tests.support.processes import award, bases, merged, need, pounds, work

ROWAN, ELM, OAK = party("Rowan Chairs Ltd", company="09000001"), party("Elm Beds CIC", 2), party("Oak Slings", 3)
LOTS = [
    {"id": "1", "title": "Wheelchairs", "description": "Repair of wheelchairs", "value": pounds(60_000)},
    {"id": "2", "title": "Beds", "description": "Loan of beds", "value": {"amountGross": 48_000, "currency": "GBP"}},
    {"id": "3", "title": "Slings", "description": "Washing of slings", "status": "cancelled", "value": pounds(9_000)},
]


def item(lot: str, cpv: str, region: str) -> dict[str, Any]:
    codes = [{"scheme": "CPV", "id": cpv}]
    return {"id": lot, "relatedLot": lot, "additionalClassifications": codes, "deliveryAddresses": [{"region": region}]}


ITEMS = [item("1", "33193120", "UKD"), item("2", "33192100", "UKI")]
TENDER = {"title": "Community equipment", "description": "Aids for people at home", "lots": LOTS, "items": ITEMS}


def awarded(*awards: dict[str, Any], **tender: Any) -> dict[str, Any]:
    notice = release(1, tag="award", suppliers=(ROWAN, ELM, OAK), tender={**TENDER, "value": None, **tender})
    return notice | {"awards": list(awards)}


def test_a_need_keeps_its_lots_as_parts_and_their_sum_as_its_value() -> None:
    process = need(awarded())
    chairs = Lot(id="1", title="Wheelchairs", description="Repair of wheelchairs", value=60_000, cpv=("33193120",))
    beds = Lot(id="2", title="Beds", description="Loan of beds", value=40_000, cpv=("33192100",), region="London")
    assert process.lots == (chairs.model_copy(update={"region": Region.NORTH_WEST}), beds)
    assert process.value == 100_000
    assert "Repair of wheelchairs" in process.description
    assert "Slings" not in process.description


def test_a_winner_is_credited_with_the_lots_that_its_award_names() -> None:
    pieces = work(awarded(award("a", ROWAN, relatedLots=["1"]), award("b", ELM, relatedLots=["2"])))
    rowan, elm = pieces["Rowan Chairs Ltd"], pieces["Elm Beds CIC"]
    assert rowan["title"] == "Community equipment: Wheelchairs"
    assert rowan["description"] == "Repair of wheelchairs\nAids for people at home"
    assert (rowan["cpv"], rowan["region"], rowan["value"]) == (["33193120"], "North West", 60_000)
    assert "eds" not in rowan["title"] + rowan["description"]
    assert (elm["cpv"], elm["region"], elm["value"]) == (["33192100"], "London", 40_000)
    assert "heelchair" not in elm["title"] + elm["description"]


@pytest.mark.parametrize(
    "named",
    [
        {"relatedLots": "1"},
        {"relatedLots": [1]},
        {"relatedLots": None, "items": [{"id": "x", "relatedLot": "1"}]},
        {"items": [{"id": "x", "relatedLot": "1"}]},
        {"items": {"id": "x", "relatedLots": ["1"]}},
        {"relatedLots": ["1", "1"]},
        {"relatedLots": ["1", "9"]},
    ],
)
def test_lots_are_found_however_an_award_names_them(named: dict[str, Any]) -> None:
    piece = work(awarded(award("a", ROWAN, **named)))["Rowan Chairs Ltd"]
    assert "Wheelchairs" in piece["title"]
    assert "Beds" not in str(piece)


def test_an_award_that_names_no_lot_is_for_the_whole_tender() -> None:
    piece = work(awarded(award("a", ROWAN)))["Rowan Chairs Ltd"]
    assert "Loan of beds" in piece["description"]
    assert "Wheelchairs" in piece["description"]


def test_a_lot_that_the_notice_lacks_is_reported_and_earns_no_other_lot() -> None:
    tally = Tally()
    piece = work(awarded(award("a", ROWAN, relatedLots=["9"])), tally=tally)["Rowan Chairs Ltd"]
    assert "Beds" not in str(piece)
    assert [warning.text for warning in tally.warnings] == ["9"]
    assert tally.warnings[0].place == "release 1"


def test_a_description_that_names_other_lots_is_not_repeated_for_one_lot() -> None:
    whole = "In three lots: wheelchairs, beds and slings"
    piece = work(awarded(award("a", ROWAN, relatedLots=["1"]), description=whole))["Rowan Chairs Ltd"]
    assert piece["description"] == "Repair of wheelchairs"


def test_the_value_of_a_lot_goes_to_its_only_winner_as_an_estimate() -> None:
    alone = awarded(award("a", ROWAN, relatedLots=["1"]))
    assert bases(alone) == {"Rowan Chairs Ltd": "estimated: before the award, the value of the only lot"}
    shared = awarded(award("a", ROWAN, relatedLots=["1"]), award("b", ELM, relatedLots=["1"]))
    assert [piece.get("value") for piece in work(shared).values()] == [None, None]
    both = awarded(award("a", ROWAN, ELM, relatedLots=["1"]))
    assert [piece.get("value") for piece in work(both).values()] == [None, None]
    stated = awarded(award("a", ROWAN, relatedLots=["1"], value=pounds(55_000)))
    assert work(stated)["Rowan Chairs Ltd"]["value"] == 55_000
    assert bases(stated) == {"Rowan Chairs Ltd": "stated"}


def test_a_lot_without_a_value_leaves_the_sum_unknown() -> None:
    lots = [{"id": "1", "title": "North", "value": pounds(5_000)}, {"id": "2", "title": "South"}]
    assert need(release(1, tender={"lots": lots, "value": None})).value is None


def test_forty_lots_each_stay_with_their_winner() -> None:
    lots = [{"id": f"L{n}", "title": f"Subject{n:02d}", "description": f"About subject{n:02d}"} for n in range(40)]
    firms = [party(f"Firm {n:02d}", 100 + n) for n in range(40)]
    awards = [award(f"a{n}", firm, relatedLots=[f"L{n}"]) for n, firm in enumerate(firms)]
    tender = {"lots": lots, "description": "A framework"}
    notice = release(1, suppliers=tuple(firms), tender=tender) | {"awards": awards}
    pieces = work(notice)
    assert len(pieces) == 40
    for number in range(40):
        text = str(pieces[f"Firm {number:02d}"])
        assert [other for other in range(40) if f"ubject{other:02d}" in text] == [number]
    assert len(need(notice).lots) == 40


def test_lots_with_odd_parts_are_kept_and_the_rest_is_reported() -> None:
    tally = Tally()
    lots = [{"id": "1", "title": "", "value": pounds("about a lot")}, "second", {"title": "Third"}, {"id": 4}]
    process = merged(release(1, tender={"lots": lots}), tally=tally).need
    assert process is not None
    assert [(lot.id, lot.title) for lot in process.lots] == [("1", None), (None, "Third"), ("4", None)]
    assert {warning.text for warning in tally.warnings} == {"second", "about a lot"}


def test_a_need_is_read_with_and_without_lots() -> None:
    assert parse(Need, {"id": "n", "title": "Falls"}).lots == ()
    lots = [{"title": "North", "value": 5, "cpv": ["85100000"], "region": "north west"}]
    assert parse(Need, {"id": "n", "title": "Falls", "lots": lots}).lots[0].region == Region.NORTH_WEST
