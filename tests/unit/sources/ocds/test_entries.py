"""Entries of one release that share an id are different ones; a later release that repeats the id updates."""

from __future__ import annotations

from typing import Any

import pytest

from matcher.sources.statement import Tally
from tests.support.notices import BUYER, party, release
from tests.support.processes import award, merged, need, pounds, work

WHARFE, NIDD, SWALE = (party(name, n) for n, name in enumerate(("Wharfe Ltd", "Nidd CIC", "Swale Ltd"), 1))
FIRMS = (WHARFE, NIDD, SWALE)


def notice(*awards: dict[str, Any], day: str = "2025-03-01") -> dict[str, Any]:
    return release(1, tag="award", day=day, suppliers=FIRMS, tender={"value": None}) | {"awards": list(awards)}


def shared(*amounts: int) -> list[dict[str, Any]]:
    pairs = zip(FIRMS, amounts, strict=True)
    return [award("P", firm, title=f"{firm['name']} part", value=pounds(amount)) for firm, amount in pairs]


def values(*releases: dict[str, Any], tally: Tally | None = None) -> dict[str, float]:
    return {name: piece["value"] for name, piece in work(*releases, tally=tally).items()}


def test_awards_of_one_release_that_share_an_id_are_different() -> None:
    tally = Tally()
    first = notice(*shared(120_000, 340_000, 90_000))
    assert values(first, tally=tally) == {"Wharfe Ltd": 120_000, "Nidd CIC": 340_000, "Swale Ltd": 90_000}
    assert need(first).value == 550_000
    assert tally.counts["awards that share an id"] == 3
    assert [(warning.place, warning.text) for warning in tally.warnings] == [("release 1", "P")]


@pytest.mark.parametrize("turned", [False, True])
def test_a_later_release_updates_each_of_them(turned: bool) -> None:
    later = shared(1_200, 3_400, 900)
    releases = (notice(*shared(12, 34, 90)), notice(*(later[::-1] if turned else later), day="2025-03-09"))
    assert values(*releases) == {"Wharfe Ltd": 1_200, "Nidd CIC": 3_400, "Swale Ltd": 900}
    assert values(*reversed(releases)) == values(*releases)


def test_a_later_release_updates_only_the_award_that_it_repeats() -> None:
    later = notice(shared(1, 3_400, 1)[1], day="2025-03-09")
    assert values(notice(*shared(12, 34, 90)), later) == {"Wharfe Ltd": 12, "Nidd CIC": 3_400, "Swale Ltd": 90}


def test_a_later_release_cancels_all_of_them() -> None:
    later = notice({"id": "P", "status": "cancelled"}, day="2025-03-09")
    assert merged(notice(*shared(12, 34, 90)), later).statements == ()


def test_a_later_release_adds_another_award_under_the_id() -> None:
    first = notice(award("P", WHARFE, value=pounds(12)))
    later = notice(*[award("P", firm, value=pounds(50)) for firm in FIRMS], day="2025-03-09")
    assert values(first, later) == dict.fromkeys(("Wharfe Ltd", "Nidd CIC", "Swale Ltd"), 50)


def test_an_ordinary_id_still_updates() -> None:
    first = notice(award("P", WHARFE, value=pounds(12)))
    assert values(first, notice(award("P", NIDD, value=pounds(50)), day="2025-03-09")) == {"Nidd CIC": 50}


def test_the_same_award_twice_in_one_release_is_one() -> None:
    twice = notice(*[award("P", WHARFE, value=pounds(12))] * 2)
    assert values(twice) == {"Wharfe Ltd": 12}
    assert need(twice).value == 12


def test_two_awards_to_one_supplier_under_one_id_add_up() -> None:
    both = notice(*[award("P", WHARFE, title="North", value=pounds(amount)) for amount in (12, 30)])
    assert need(both).value == 42
    assert len(merged(both).statements) == 2


@pytest.mark.parametrize("id", [None, "", 7, 7.0])
def test_awards_without_an_id_or_with_a_number_are_read_and_updated(id: Any) -> None:
    awards = [{**award(None, firm, value=pounds(10 + n)), "id": id} for n, firm in enumerate(FIRMS)]
    first, later = notice(*awards), notice(*awards, day="2025-03-09")
    assert values(first, later) == {"Wharfe Ltd": 10, "Nidd CIC": 11, "Swale Ltd": 12}
    assert need(first, later).value == 33


def test_parties_that_share_an_id_are_told_apart_by_their_names() -> None:
    same = [party(name, 5) for name in ("Wharfe Ltd", "Nidd CIC")]
    for one, number in zip(same, ("09111111", "09222222"), strict=True):
        one["identifier"] = {"scheme": "GB-COH", "id": number}
    statements = merged(release(1, suppliers=tuple(same))).statements
    numbers = {one.fields["name"]: one.fields["identifiers"]["company"] for one in statements}
    assert numbers == {"Wharfe Ltd": "09111111", "Nidd CIC": "09222222"}
    assert len({one.record for one in statements}) == 2


def test_a_party_without_an_id_is_found_by_its_name_only() -> None:
    first = release(1, suppliers=({**party("Elm Ltd", company="09333333"), "id": None},))
    first["awards"][0]["suppliers"] = [{"name": "Oak Ltd"}, {"name": "Elm Ltd"}]
    found = {one.fields["name"]: one.fields.get("identifiers") for one in merged(first).statements}
    assert found == {"Oak Ltd": None, "Elm Ltd": {"company": "09333333"}}


def test_a_buyer_that_shares_its_id_with_a_supplier_keeps_its_name() -> None:
    process = merged(release(1, suppliers=({**party("Nidd CIC"), "id": BUYER["id"]},)))
    assert [one.fields["name"] for one in process.statements] == ["Nidd CIC"]
    assert process.need is not None
    assert process.need.buyer is not None
    assert process.need.buyer.name == "Calderwick Council"


def test_lots_that_share_an_id_are_different() -> None:
    lots = [{"id": "1", "title": title, "value": pounds(n)} for title, n in (("North", 5_000), ("South", 6_000))]
    process = need(release(1, tender={"lots": lots, "value": None}))
    assert [(lot.id, lot.title) for lot in process.lots] == [("1", "North"), ("1", "South")]
    assert process.value == 11_000


def test_releases_that_share_id_and_date_are_read_together() -> None:
    first, second = (notice(award("1", firm, value=pounds(n))) for firm, n in ((WHARFE, 12), (NIDD, 30)))
    second["id"] = f"{first['id']}~2"
    assert values(first, second) == {"Wharfe Ltd": 12, "Nidd CIC": 30}
    assert need(first, second).value == 42
