"""Areas: names, codes and lists of areas, as sheets, notices and people write them."""

from __future__ import annotations

import pytest

from matcher.foundations.reference_tables import area_names, nhs_organisations, regions_by_code
from matcher.records import Filters, Need, Profile, Region, Requirements, parse
from matcher.records.areas import ENGLAND, EVERYWHERE, POSTCODE, is_national, named_in, regions_of_area, regions_of_body

NE, NW, YH = Region.NORTH_EAST, Region.NORTH_WEST, Region.YORKSHIRE_AND_THE_HUMBER
EM, WM, EE = Region.EAST_MIDLANDS, Region.WEST_MIDLANDS, Region.EAST_OF_ENGLAND
LONDON, SE, SW = Region.LONDON, Region.SOUTH_EAST, Region.SOUTH_WEST
WALES, SCOTLAND, ULSTER = Region.WALES, Region.SCOTLAND, Region.NORTHERN_IRELAND


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        # Regions of NHS England, today's and earlier ones.
        ("Midlands", {EM, WM}),
        ("the Midlands", {EM, WM}),
        ("NHS England Midlands region", {EM, WM}),
        ("North East and Yorkshire", {NE, YH}),
        ("NHS England - London", {LONDON}),
        ("South East Coast", {SE}),
        ("South Central", {SE}),
        ("North of England", {NE, NW, YH}),
        ("Midlands and East", {EM, WM, EE}),
        ("Midlands (Y60)", {EM, WM}),
        # Codes of the ONS, ITL, NUTS and ODS.
        ("E40000011", {EM, WM}),
        ("e12000008", {SE}),
        ("E08000035", {YH}),
        ("E06000066", {SW}),
        ("E54000054", {YH}),
        ("W06000015", {WALES}),
        ("S12000036", {SCOTLAND}),
        ("N09000003", {ULSTER}),
        ("UKG", {WM}),
        ("TLJ37", {SE}),
        ("UKI, UKJ", {LONDON, SE}),
        ("Y63", {NE, YH}),
        ("QWO", {YH}),
        ("15F", {YH}),
        ("RR8", {YH}),
        ("E12000005 (West Midlands)", {WM}),
        # NHS bodies.
        ("NHS Frimley Integrated Care Board", {SE}),
        ("NHS Sussex ICB", {SE}),
        ("NHS North East London ICB", {LONDON}),
        ("NHS Leeds CCG", {YH}),
        ("Health Innovation East", {EE}),
        ("Hampshire and Isle of Wight", {SE}),
        ("Surrey Heartlands", {SE}),
        # Lists, short forms, postcodes and towns.
        ("North West, Yorkshire and the Humber", {NW, YH}),
        ("London,South East", {LONDON, SE}),
        ("Cornwall / Devon", {SW}),
        ("LS1 4AP", {YH}),
        ("cr02eu", {LONDON}),
        (" ls11 ", {YH}),
        ("1 Example Road, LS1 4AP", {YH}),
        ("Bath and North East Somerset", {SW}),
        ("North West London", {LONDON}),
        # The whole country.
        ("Any region", EVERYWHERE),
        ("UK", EVERYWHERE),
        ("United Kingdom", EVERYWHERE),
        ("England", ENGLAND),
        ("E92000001", ENGLAND),
        (", ".join(ENGLAND), ENGLAND),
        ("England and Wales", ENGLAND | {WALES}),
        # Nothing that is known.
        ("France", set()),
        ("BE", set()),
        ("SE", set()),
        ("UKRAINE", set()),
        ("UKLAND", set()),
        ("TBC", set()),
        ("E99999999", set()),
        ("E1200000", set()),
        ("E12000005E", set()),
        ("ZZ1 1AA", set()),
        ("NHS", set()),
        ("region", set()),
        (" , ; ", set()),
        ("", set()),
        ("\u202e\ud7ff", set()),
    ],
)
def test_the_regions_of_an_area(text: str, regions: set[Region]) -> None:
    assert regions_of_area(text) == regions


def test_a_list_with_an_unknown_part_gives_what_is_known() -> None:
    assert regions_of_area("London; Mars") == {LONDON}


@pytest.mark.parametrize("text", ["anyone in all areas", "the north wing", "fit for any region"])
def test_ordinary_words_in_a_text_are_no_places(text: str) -> None:
    assert named_in(text) == set()


@pytest.mark.parametrize(
    ("name", "code", "regions"),
    [
        ("Frimley Health NHS Foundation Trust", None, {SE}),
        ("South West Yorkshire Partnership NHS Foundation Trust", None, {YH}),
        ("Fernleigh Hospitals NHS Trust", "RR8", {YH}),
        ("NHS Fernleigh ICB", "QWO", {YH}),
        ("Department of Examples, England", None, set()),
        ("NHS England", None, set()),
    ],
)
def test_the_regions_of_a_body(name: str, code: str | None, regions: set[Region]) -> None:
    assert regions_of_body(name, code) == regions


def test_every_board_and_group_has_a_region() -> None:
    for code, (name, _) in nhs_organisations().items():
        assert regions_of_area(code), code
        assert regions_of_area(name), name


def test_the_tables_hold_known_regions_and_plain_names() -> None:
    for area in area_names():
        assert set(area.regions) <= set(Region)
        assert area.name == " ".join(area.name.split()).lower()
        assert regions_of_area(area.name) == set(area.regions), area.name


def test_codes_outside_every_range_are_unknown() -> None:
    for code in ("", "A", "E06000000", "E06000067", "E07000247", "Q", "ZZZ", "é00000000"):
        assert regions_by_code(code) == ()


@pytest.mark.parametrize(
    ("asked", "regions"),
    [
        (["Midlands"], [EM, WM]),
        (["E40000012", "London"], [NE, YH, LONDON]),
        (["QWO"], [YH]),
        (["Any region"], []),
        (["England", "Wales"], [WALES]),
        (["London", "UKI"], [LONDON]),
    ],
)
def test_filters_and_requirements_take_areas(asked: list[str], regions: list[Region]) -> None:
    assert list(parse(Filters, {"regions": asked}).regions) == regions
    assert list(parse(Requirements, {"regions": asked}).regions) == regions


def test_coverage_of_the_whole_country_lists_its_regions() -> None:
    profile = parse(Profile, {"id": "p", "name": "N", "coverage": {"regions": ["Any region"]}})
    assert set(profile.coverage.regions) == EVERYWHERE
    assert is_national(profile.coverage.regions)


def test_the_region_of_a_need_is_kept_as_written() -> None:
    assert parse(Need, {"id": "n", "title": "T", "region": "Midlands"}).region == "Midlands"
    assert parse(Need, {"id": "n", "title": "T", "region": "E40000011"}).region == "E40000011"


def test_a_postcode_needs_a_digit() -> None:
    assert not POSTCODE.match("NW")
