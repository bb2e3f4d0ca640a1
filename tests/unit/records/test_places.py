"""Places: the regions of records and texts."""

from __future__ import annotations

import pytest

from matcher.foundations.reference_tables import places
from matcher.records import Need, Profile, Region, parse
from matcher.records.places import (
    MAX_REGIONS,
    regions_by_first_rule,
    regions_of_place,
    regions_of_profile,
    regions_of_record,
    regions_of_text,
    stated_regions,
)

YORKSHIRE, NORTH_WEST, WALES = Region.YORKSHIRE_AND_THE_HUMBER, Region.NORTH_WEST, Region.WALES


@pytest.mark.parametrize(
    ("place", "regions"),
    [
        ("the north west of England", {NORTH_WEST}),
        ("Eastern", {Region.EAST_OF_ENGLAND}),
        ("LS1 4AP", {YORKSHIRE}),
        (" ls11 ", {YORKSHIRE}),
        ("Leeds", {YORKSHIRE}),
        ("City of Leeds, and Manchester", {YORKSHIRE, NORTH_WEST}),
        ("France", set()),
        ("United Kingdom", set()),
        ("ZZ1 1AA", set()),
        ("", set()),
    ],
)
def test_published_places(place: str, regions: set[Region]) -> None:
    assert regions_of_place(place) == regions


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


LONDON = {"title": "Care", "region": "London"}
IN_TEXT = {"title": "Care in Cardiff"}
OF_BUYER = {"title": "Care", "buyer": "Bristol City Council", "region": "France"}


@pytest.mark.parametrize(
    ("fields", "stated", "first", "regions"),
    [
        ({}, set(), set(), set()),
        ({"coverage": {"national": True, "regions": ["Wales"]}}, set(Region), set(Region), set(Region)),
        ({"coverage": {"regions": ["Wales"]}, "postcode": "LS1 4AP", "track_record": [LONDON]}, *[{WALES}] * 3),
        ({"postcode": "LS1 4AP", "track_record": [LONDON]}, *[{YORKSHIRE}] * 3),
        ({"postcode": "ZZ1 1AA", "track_record": [LONDON]}, set(), {Region.LONDON}, {Region.LONDON}),
        ({"track_record": [LONDON, IN_TEXT]}, set(), {Region.LONDON}, {Region.LONDON, WALES}),
        ({"track_record": [IN_TEXT, OF_BUYER]}, set(), set(), {WALES, Region.SOUTH_WEST}),
        ({"summary": "Care in Leeds", "capabilities": [{"title": "Leeds"}]}, set(), set(), set()),
    ],
)
def test_where_a_profile_works(
    fields: dict[str, object], stated: set[Region], first: set[Region], regions: set[Region]
) -> None:
    """Stated regions take precedence, then the postcode, then past work. The first rule reads only region fields."""
    own = profile(**fields)
    assert stated_regions(own) == stated
    assert regions_by_first_rule(own) == first
    assert regions_of_profile(own) == regions
    assert regions_of_profile(own, map(regions_of_record, own.track_record)) == regions
