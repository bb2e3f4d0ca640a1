"""Where records say they are."""

from __future__ import annotations

import pytest

from matcher.foundations.reference_tables import places
from matcher.records import Need, Profile, Region, parse
from matcher.records.places import MAX_REGIONS, regions_of_place, regions_of_record, regions_of_text

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


def test_a_text_about_the_whole_country_is_about_no_place() -> None:
    names = ["Leeds", "Manchester", "Cardiff", "Bristol"]
    assert len(regions_of_text(", ".join(names[:MAX_REGIONS]))) == MAX_REGIONS
    assert regions_of_text(", ".join(names)) == set()


def test_every_place_is_of_a_region_and_found_by_its_name() -> None:
    for place, region in places().items():
        assert Region(region) in regions_of_text(f"Care in {place.title()}, daily"), place


def test_what_is_stated_comes_first_then_title_then_text_then_buyer() -> None:
    fields = {
        "title": "Care in Cardiff",
        "description": "For people in Manchester",
        "buyer": "Bristol City Council",
        "region": "Leeds",
    }
    expected = {"region": YORKSHIRE, "title": WALES, "description": NORTH_WEST, "buyer": Region.SOUTH_WEST}
    for name, region in expected.items():
        for record in ("track record", "need"):
            given = dict(fields)
            if record == "need":
                buyer = {"buyer": {"name": given["buyer"]}} if given.get("buyer") else {}
                assert regions_of_record(parse(Need, {"id": "n", **given, **buyer})) == {region}
            else:
                [work] = parse(Profile, {"id": "p", "name": "N", "track_record": [given]}).track_record
                assert regions_of_record(work) == {region}
        fields["title"] = "Care" if name == "title" else fields["title"]
        if name != "title":
            del fields[name]
    assert regions_of_record(Need(id="n", title="Care")) == set()


def test_a_region_that_is_no_region_gives_way() -> None:
    need = parse(Need, {"id": "n", "title": "Care in Cardiff", "region": "France"})
    assert regions_of_record(need) == {WALES}


def test_the_postcode_of_a_need_counts_where_it_names_no_region() -> None:
    fields = {"id": "n", "title": "Care in Cardiff", "postcode": "LS1 4AP"}
    assert regions_of_record(parse(Need, fields)) == {YORKSHIRE}
    assert regions_of_record(parse(Need, {**fields, "region": "Wales"})) == {WALES}


def test_only_the_beginning_of_a_description_says_where_it_is() -> None:
    for gap, regions in ((500, {YORKSHIRE}), (700, set())):
        assert regions_of_record(Need(id="n", title="Care", description=f"{'a ' * (gap // 2)} Leeds")) == regions
