"""Merged releases of one ocid: the need, its stage, and the statements about the winners."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from matcher.foundations.errors import InvalidInput, Place
from matcher.records import Region, Stage
from matcher.sources.ocds import trim
from matcher.sources.statement import Tally
from tests.support.notices import FIND_A_TENDER, package, party, release
from tests.support.processes import merged, need

STEADY = party("Steady Ltd", company="7654321")


def test_a_tender_becomes_a_need() -> None:
    process = need(release(1))
    assert process.id == release(1)["ocid"]
    assert process.title == "Falls prevention 1"
    assert process.buyer is not None
    assert process.buyer.name == "Calderwick Council"
    assert (process.region, process.postcode) == (Region.NORTH_WEST, None)
    assert (process.value, process.cpv, process.stage) == (50_000.0, ("85100000",), Stage.TENDER)
    assert (process.published, process.closes) == (date(2025, 3, 1), date(2025, 4, 1))


def planned(**more: Any) -> dict[str, Any]:
    return {"tag": "planning", "planning": more}


ENGAGED = {"id": "1", "type": "engagement", "dueDate": "2025-03-18T23:59:59Z"}


@pytest.mark.parametrize(
    ("more", "stage"),
    [
        ({"tag": "tender"}, Stage.TENDER),
        ({"tag": "tenderAmendment"}, Stage.TENDER),
        (planned(documents=[{"id": "1", "documentType": "plannedProcurementNotice"}]), Stage.PLANNING),
        (planned(documents=[{"id": "1", "documentType": "marketEngagementNotice"}]), Stage.MARKET_ENGAGEMENT),
        (planned(milestones=[ENGAGED]), Stage.MARKET_ENGAGEMENT),
        ({"tag": "award", "suppliers": (STEADY,)}, Stage.AWARD),
        ({"tag": "awardUpdate", "suppliers": (STEADY,), "award": {"status": "pending"}}, Stage.TENDER),
    ],
)
def test_stages(more: dict[str, Any], stage: Stage) -> None:
    process = need(release(1, **more))
    assert process.stage is stage
    if "milestones" in more.get("planning", {}):
        assert process.closes == date(2025, 3, 18)


def test_an_amendment_applies_in_any_order() -> None:
    first = release(1, tender={"tenderPeriod": {"endDate": "2025-04-01T12:00:00Z"}})
    later = {"ocid": first["ocid"], "id": "2", "date": "2025-03-09T00:00:00Z", "tag": ["tenderUpdate"]}
    later["tender"] = {"id": "T1", "tenderPeriod": {"endDate": "2025-05-01T12:00:00Z"}, "value": {"amount": None}}
    for releases in ((first, later), (later, first)):
        process = need(*releases)
        assert (process.closes, process.value, process.title) == (date(2025, 5, 1), None, "Falls prevention 1")


@pytest.mark.parametrize(
    "later",
    [
        {"tag": "tenderCancellation"},
        {"tag": "tenderUpdate", "tender": {"status": "cancelled"}},
        {"tag": "tenderUpdate", "tender": {"status": "withdrawn"}},
        {"tag": "award", "award": {"status": "unsuccessful"}},
    ],
)
def test_a_cancelled_process_gives_no_need(later: dict[str, Any]) -> None:
    tally = Tally()
    assert merged(release(1), release(1, day="2025-03-09", **later), tally=tally).need is None
    assert tally.counts["needs cancelled"] == 1


def test_an_award_becomes_track_record_of_its_winner() -> None:
    tally = Tally()
    (statement,) = merged(release(1, tag="award", suppliers=(STEADY,)), tally=tally).statements
    ocid = release(1)["ocid"]
    assert (statement.source, statement.record) == ("contracts-finder", f"{ocid}/{ocid}-1#GB-COH-7654321")
    assert statement.proposed == "gb-coh-07654321"
    assert statement.fields["identifiers"] == {"company": "07654321"}, "with its leading zero"
    assert (statement.fields["size"], statement.fields["postcode"]) == ("sme", "LS1 4AB")
    (piece,) = statement.fields["track_record"]
    assert (piece["buyer"], piece["value"], piece["date"]) == ("Calderwick Council", 40_000.0, "2025-03-01")
    assert (piece["region"], piece["cpv"]) == ("North West", ["85100000"])


def test_a_value_shared_by_several_suppliers_is_left_out() -> None:
    both = merged(release(1, suppliers=(STEADY, party("Other Ltd", 2)))).statements
    assert [statement.fields["track_record"][0].get("value") for statement in both] == [None, None]


def test_a_supplier_in_no_register_keeps_only_the_outward_part_of_its_postcode() -> None:
    (statement,) = merged(release(1, suppliers=(party("Starline", 2),))).statements
    assert (statement.fields["postcode"], statement.party, statement.proposed) == ("LS1", "GB-CFS-2", "starline")


@pytest.mark.parametrize("name", ["Mrs Jo Field", "Dr. A Singh", "Field, Mr John"])
def test_a_private_person_is_left_out_and_counted(name: str) -> None:
    tally = Tally()
    notice = release(1, suppliers=(party(name),))
    assert name not in json.dumps(trim(notice, Tally(), Place())), "the name is never stored"
    process = merged(notice, tally=tally)
    assert process.statements == ()
    assert process.need is not None
    assert tally.counts["suppliers who are persons"] == 1


@pytest.mark.parametrize("name", ["Dr Foster Limited", "Dr Singh and Partners", "Miss Millie's Care", "Rachel Green"])
def test_an_organisation_is_not_taken_for_a_person(name: str) -> None:
    assert len(merged(release(1, suppliers=(party(name),))).statements) == 1


def test_a_titled_name_with_a_register_number_is_an_organisation() -> None:
    assert len(merged(release(1, suppliers=(party("Mr Clutch", company="01234567"),))).statements) == 1


def test_awards_without_a_usable_supplier_are_counted() -> None:
    tally = Tally()
    merged(release(1, suppliers=(party("x") | {"name": None, "identifier": {}},)), tally=tally)
    merged(release(2, award={"suppliers": []}), tally=tally)
    assert tally.counts["suppliers without a name"] == 1
    assert tally.counts["awards without a supplier"] == 1


def test_only_values_in_pounds_are_used() -> None:
    tally = Tally()
    euros = {"amount": 10_000, "currency": "EUR"}
    notice = release(1, suppliers=(STEADY,), tender={"value": euros}, award={"value": euros})
    process = merged(notice, tally=tally)
    assert process.need is not None
    assert process.need.value is None
    assert "value" not in process.statements[0].fields["track_record"][0]
    assert tally.counts["values not in pounds"] == 2
    assert need(release(1, tender={"value": {"amount": 0, "currency": "GBP"}})).value is None


@pytest.mark.parametrize(
    ("address", "region"),
    [
        ({"region": "UKI51"}, Region.LONDON),
        ({"region": "TLE32"}, Region.YORKSHIRE_AND_THE_HUMBER),
        ({"region": "UKM"}, Region.SCOTLAND),
        ({"region": "Yorkshire and the Humber"}, Region.YORKSHIRE_AND_THE_HUMBER),
        ({"postalCode": "DN1 3BU"}, Region.YORKSHIRE_AND_THE_HUMBER),
        ({"region": "England"}, "National"),
        ({"region": "E40000011"}, "East Midlands, West Midlands"),
        ({"region": "UKRAINE"}, None),
        ({"countryName": "United Kingdom"}, None),
    ],
)
def test_places_of_delivery(address: dict[str, str], region: str | None) -> None:
    process = need(release(1, tender={"items": [{"id": "1", "deliveryAddresses": [address]}]}))
    assert process.region == region


def test_several_regions_are_all_stated() -> None:
    places = [{"region": "London"}, {"region": "South East"}]
    assert need(release(1, tender={"items": [{"id": "1", "deliveryAddresses": places}]})).region == "London, South East"


def test_find_a_tender_with_lots_contracts_and_more_numbers() -> None:
    ocid = f"{FIND_A_TENDER}-0510f8"
    supplier = party("Steady CIC", additionalIdentifiers=[{"scheme": "GB-PPON", "id": "PXYZ-1234-ABCD"}])
    supplier["identifier"] = {"scheme": "GB-CHC", "id": "1094905"}
    buyer = party("NHS Halton CCG", 3, role="buyer")
    contract = {"id": "c", "awardID": f"{ocid}-1", "value": {"amount": 9_000, "currency": "GBP"}}
    notice = release(
        1,
        ocid=ocid,
        suppliers=(supplier,),
        tender={"lots": [{"id": "1", "title": "North", "description": "Bolton"}, {"id": "2", "status": "cancelled"}]},
        award={"value": None, "date": None},
        contracts=[{**contract, "dateSigned": "2025-02-20T00:00:00Z"}],
    )
    notice["parties"][0], notice["buyer"] = buyer, {"id": buyer["id"], "name": buyer["name"]}
    process = merged(notice)
    assert process.need is not None
    assert process.need.description.endswith("North. Bolton")
    assert process.need.buyer is not None
    assert process.need.buyer.ods_code == "01F", "by its name in the reference table"
    (statement,) = process.statements
    assert statement.source == "find-a-tender"
    assert statement.fields["identifiers"] == {"charity": "1094905", "ppon": "PXYZ-1234-ABCD"}
    assert (statement.fields["track_record"][0]["value"], statement.fields["track_record"][0]["date"]) == (
        9_000.0,
        "2025-02-20",
    )


def test_a_corrected_award_replaces_its_suppliers() -> None:
    first = release(1, suppliers=(STEADY, party("Wrong Ltd", 2)))
    corrected = release(1, day="2025-03-09", tag="awardUpdate", suppliers=(STEADY,))
    assert [statement.proposed for statement in merged(first, corrected).statements] == ["gb-coh-07654321"]


def test_a_need_without_a_title_is_refused() -> None:
    notice = release(1, tender={"title": None, "description": None})
    with pytest.raises(InvalidInput, match="title"):
        merged(notice)


def test_the_ocids_of_the_test_package_are_of_contracts_finder() -> None:
    assert package(release(1))["releases"][0]["ocid"].startswith("ocds-b5fd17-")
