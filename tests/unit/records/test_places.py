"""Places: the regions of records and texts."""

from __future__ import annotations

import pytest

from matcher.foundations.reference_tables import places
from matcher.records import Need, Profile, Region, parse
from matcher.records.places import (
    MAX_REGIONS,
    record_by_earlier_rules,
    regions_by_first_rule,
    regions_by_second_rule,
    regions_of_profile,
    regions_of_record,
    regions_of_text,
    stated_regions,
)

YORKSHIRE, NORTH_WEST, WALES = Region.YORKSHIRE_AND_THE_HUMBER, Region.NORTH_WEST, Region.WALES


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("Falls clinic in LEEDS.", {YORKSHIRE}),
        ("Leeds-based, serving Cardiff", {YORKSHIRE, WALES}),
        ("Londonderry", {Region.NORTHERN_IRELAND}),
        ("bath and north-east Somerset", {Region.SOUTH_WEST}),
        ("a bath, misleeds and yorkers", set()),
        ("", set()),
    ],
)
def test_places_in_texts(text: str, regions: set[Region]) -> None:
    assert regions_of_text(text) == regions


def test_a_text_that_names_many_regions_has_none() -> None:
    names = ["Leeds", "Manchester", "Cardiff", "Bristol"]
    assert len(regions_of_text(", ".join(names[:MAX_REGIONS]))) == MAX_REGIONS
    assert regions_of_text(", ".join(names)) == set()


def test_every_place_is_found_by_its_name_and_has_a_region() -> None:
    for place, region in places().items():
        assert Region(region) in regions_of_text(f"Care in {place.title()}, daily"), place


def test_the_region_field_comes_first_then_title_description_and_buyer() -> None:
    fields = {
        "title": "Care in Cardiff",
        "description": "For people in Manchester",
        "buyer": "Bristol City Council",
        "region": "Leeds",
    }
    expected = {"region": YORKSHIRE, "title": WALES, "description": NORTH_WEST, "buyer": Region.SOUTH_WEST}
    for name, region in expected.items():
        for record in ("track record", "need"):
            values = dict(fields)
            if record == "need":
                buyer = {"buyer": {"name": values["buyer"]}} if values.get("buyer") else {}
                assert regions_of_record(parse(Need, {"id": "n", **values, **buyer})) == {region}
            else:
                [work] = parse(Profile, {"id": "p", "name": "N", "track_record": [values]}).track_record
                assert regions_of_record(work) == {region}
        fields["title"] = "Care" if name == "title" else fields["title"]
        if name != "title":
            del fields[name]
    assert regions_of_record(Need(id="n", title="Care")) == set()


def test_a_region_field_that_names_no_region_is_skipped() -> None:
    need = parse(Need, {"id": "n", "title": "Care in Cardiff", "region": "France"})
    assert regions_of_record(need) == {WALES}


def test_the_postcode_of_a_need_counts_if_its_region_field_is_empty() -> None:
    fields = {"id": "n", "title": "Care in Cardiff", "postcode": "LS1 4AP"}
    assert regions_of_record(parse(Need, fields)) == {YORKSHIRE}
    assert regions_of_record(parse(Need, {**fields, "region": "Wales"})) == {WALES}


def test_only_the_start_of_a_description_counts() -> None:
    for gap, regions in ((500, {YORKSHIRE}), (700, set())):
        assert regions_of_record(Need(id="n", title="Care", description=f"{'a ' * (gap // 2)} Leeds")) == regions


def profile(**fields: object) -> Profile:
    return parse(Profile, {"id": "p", "name": "Leeds Care", **fields})


LONDON = Region.LONDON
WORK = {"title": "Care", "region": "London"}
ANYWHERE = {"title": "Care in Cardiff", "region": "Any region"}
IN_TEXT = {"title": "Care in Cardiff"}
OF_BUYER = {"title": "Care", "buyer": "Bristol City Council", "region": "France"}


@pytest.mark.parametrize(
    ("fields", "stated", "first", "second", "regions"),
    [
        ({}, set(), set(), set(), set()),
        ({"coverage": {"national": True, "regions": ["Wales"]}}, *[set(Region)] * 4),
        ({"coverage": {"regions": ["Wales"]}, "postcode": "LS1 4AP", "track_record": [WORK]}, *[{WALES}] * 4),
        ({"postcode": "LS1 4AP", "track_record": [WORK]}, *[{YORKSHIRE}] * 3, {YORKSHIRE, LONDON}),
        ({"postcode": "ZZ1 1AA", "track_record": [WORK]}, set(), *[{LONDON}] * 3),
        ({"track_record": [WORK, IN_TEXT]}, set(), {LONDON}, *[{LONDON, WALES}] * 2),
        ({"track_record": [IN_TEXT, OF_BUYER]}, set(), set(), *[{WALES, Region.SOUTH_WEST}] * 2),
        ({"track_record": [ANYWHERE]}, set(), set(), {WALES}, set(Region)),
        ({"summary": "Care in Leeds", "capabilities": [{"title": "Leeds"}]}, *[set()] * 4),
    ],
)
def test_where_a_profile_works(
    fields: dict[str, object], stated: set[Region], first: set[Region], second: set[Region], regions: set[Region]
) -> None:
    """Stated regions stand alone; otherwise the postcode and past work count. The first rule read only region fields,
    and the second rule past work only without a postcode.
    """
    own = profile(**fields)
    assert stated_regions(own) == stated
    assert regions_by_first_rule(own) == first
    assert regions_by_second_rule(own) == second
    assert regions_of_profile(own) == regions
    assert regions_of_profile(own, map(regions_of_record, own.track_record)) == regions


@pytest.mark.parametrize(
    ("fields", "earlier", "today"),
    [
        ({"region": "Midlands"}, set(), {Region.EAST_MIDLANDS, Region.WEST_MIDLANDS}),
        ({"region": "E40000011"}, set(), {Region.EAST_MIDLANDS, Region.WEST_MIDLANDS}),
        ({"region": "Any region", "title": "Care in Cardiff"}, {WALES}, set(Region)),
        ({"buyer": {"name": "NHS Sussex ICB", "ods_code": "QNX"}}, {Region.SOUTH_EAST}, {Region.SOUTH_EAST}),
        ({"buyer": {"name": "Fernleigh Board", "ods_code": "QWO"}}, set(), {YORKSHIRE}),
        ({"title": "Care in North East London"}, {Region.NORTH_EAST, LONDON}, {LONDON}),
    ],
)
def test_the_earlier_rules_read_a_need_as_before(
    fields: dict[str, object], earlier: set[Region], today: set[Region]
) -> None:
    need = parse(Need, {"id": "n", "title": "Care", **fields})
    assert record_by_earlier_rules(need) == earlier
    assert regions_of_record(need) == today
