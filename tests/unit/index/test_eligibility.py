"""Eligibility: an unknown value never passes, and each filter follows its rule exactly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given

from matcher.index import Index
from matcher.records import Filters, Need, Profile, Region, Requirements, Sector, parse
from matcher.records.places import ReadingRule
from tests.support.eligibility import failing
from tests.support.fakes import WordEncoder
from tests.support.strategies import TODAY, filters, registers

ENCODER = WordEncoder()


def index_of(*profiles: Profile) -> Index:
    changes = [(number, own.id, own) for number, own in enumerate(profiles, start=1)]
    return Index(ENCODER.fingerprint).updated(changes, ENCODER.encode, len(profiles))


def passes(filter: Mapping[str, object], on: date = TODAY, **fields: object) -> bool:
    """Return whether a profile with `fields` passes `filter` on the date `on`."""
    profile = parse(Profile, {"id": "p", "name": "N", **fields})
    return index_of(profile).eligible([parse(Filters, dict(filter))], on).count == 1


@given(registers(min_size=1), filters())
def test_every_filter_agrees_with_the_reference(profiles: list[Profile], chosen: Filters) -> None:
    index = index_of(*profiles)
    eligible = index.eligible([chosen], TODAY)
    failed = {own.id: failing(own, number, chosen, TODAY) for number, own in enumerate(profiles, start=1)}
    assert set(index.profiles.id[eligible.mask].tolist()) == {id for id, names in failed.items() if not names}
    for name, count in eligible.excluded.items():
        assert count == sum(name in names for names in failed.values())


@pytest.mark.parametrize(
    "filter",
    [
        {"sectors": ["charity"]},
        {"regions": ["London"]},
        {"accreditations": ["DSPT"]},
        {"size": "sme"},
        {"size": "large"},
        {"min_turnover": 0},
        {"max_turnover": 1e15},
        {"identifiers": ["charity"]},
    ],
)
def test_an_unknown_value_does_not_pass(filter: dict[str, object]) -> None:
    assert not passes(filter)


@pytest.mark.parametrize(("days", "held"), [(-1, False), (0, True), (1, True)])
def test_an_accreditation_is_held_on_its_last_day(days: int, held: bool) -> None:
    expires = (TODAY + timedelta(days=days)).isoformat()
    assert passes({"accreditations": ["DSPT"]}, accreditations=[{"scheme": "DSPT", "expires": expires}]) is held


def test_an_accreditation_without_an_end_does_not_lapse() -> None:
    assert passes({"accreditations": ["dspt"]}, date(2999, 1, 1), accreditations=[{"scheme": "DSPT"}])


@pytest.mark.parametrize(
    ("held", "required", "passed"),
    [
        ("Cyber Essentials Plus", "Cyber Essentials", True),
        ("Cyber Essentials Plus", "cyber-essentials plus", True),
        ("Cyber Essentials", "Cyber Essentials Plus", False),
        ("ISO 9001", "iso9001", True),
        ("ISO 9001", "ISO 90011", False),
        ("質", "信", False),
        ("Qualité", "Qualität", False),
    ],
)
def test_scheme_names_are_compared_without_case_and_punctuation(held: str, required: str, passed: bool) -> None:
    assert passes({"accreditations": [required]}, accreditations=[{"scheme": held}]) is passed


def test_filters_require_all_accreditations_and_identifiers_but_any_region_and_sector() -> None:
    two = [{"scheme": "DSPT"}, {"scheme": "ISO 9001"}]
    assert passes({"accreditations": ["DSPT", "ISO 9001"]}, accreditations=two)
    assert not passes({"accreditations": ["DSPT", "ISO 9001"]}, accreditations=two[:1])
    assert passes({"identifiers": ["charity", "ods:rr8"]}, identifiers={"charity": "1000003", "ods": "RR8"})
    assert not passes({"identifiers": ["charity", "ods"]}, identifiers={"charity": "1000003"})
    assert passes(
        {"regions": ["London", "Wales"], "sectors": ["cic", "sme"]}, coverage={"regions": ["Wales"]}, sector="cic"
    )


def test_a_renewed_accreditation_is_held_until_the_later_day() -> None:
    lapsed, renewed = (TODAY - timedelta(days=1)).isoformat(), TODAY.isoformat()
    both = [{"scheme": "DSPT", "expires": lapsed}, {"scheme": "DSPT", "expires": renewed}]
    assert passes({"accreditations": ["DSPT"]}, accreditations=both)


def test_the_region_filter_reads_coverage_or_else_postcode_and_past_work() -> None:
    leeds = {"regions": ["Yorkshire and The Humber"]}
    assert passes(leeds, postcode="LS1 4AP")
    assert passes(leeds, coverage={"national": True})
    assert not passes(leeds, postcode="LS1 4AP", coverage={"regions": ["London"]}), "stated regions come first"
    assert passes(leeds, track_record=[{"title": "T", "region": "yorkshire"}])
    assert passes(leeds, track_record=[{"title": "T", "description": "Care in Leeds"}])
    assert passes(leeds, track_record=[{"title": "T", "buyer": "Leeds City Council"}])
    assert passes(leeds, postcode="M1 1AE", track_record=[{"title": "T", "region": "yorkshire"}])
    assert passes(leeds, track_record=[{"title": "T", "region": "Any region"}])
    assert passes({"regions": ["E40000012"]}, postcode="LS1 4AP")


def test_a_region_filter_tells_elsewhere_from_an_unknown_place() -> None:
    leeds, cardiff = ({"id": id, "name": "N", "postcode": code} for id, code in (("a", "LS1 4AP"), ("b", "CF10 1EP")))
    index = index_of(*(parse(Profile, own) for own in (leeds, cardiff, {"id": "c", "name": "N"})))
    yorkshire = {"regions": ["Yorkshire and The Humber"]}
    eligible = index.eligible([parse(Filters, yorkshire)], TODAY)
    assert (eligible.count, eligible.excluded) == (1, {"regions": 1, "place_not_known": 1})
    required = Filters(regions=(Region.YORKSHIRE_AND_THE_HUMBER,))
    eligible = index.eligible([Filters(include_unknown=True), required], TODAY)
    assert (eligible.count, eligible.excluded) == (2, {"regions": 1})


def test_an_index_by_the_first_rule_reads_only_the_region_fields_of_past_work() -> None:
    field = {"id": "field", "name": "N", "track_record": [{"title": "Care in Cardiff", "region": "yorkshire"}]}
    text = {"id": "text", "name": "N", "track_record": [{"title": "Care in Leeds"}]}
    changes = [(n, str(own["id"]), parse(Profile, own)) for n, own in enumerate((field, text), start=1)]
    leeds = Filters(regions=(Region.YORKSHIRE_AND_THE_HUMBER,))
    for rule, expected in ((ReadingRule.REGION_FIELDS, ["field"]), (ReadingRule.WHOLE_RECORDS, ["field", "text"])):
        index = Index(ENCODER.fingerprint, rule=rule).updated(changes, ENCODER.encode, 2)
        assert index.profiles.id[index.eligible([leeds], TODAY).mask].tolist() == expected


def test_requirements_and_filters_both_apply_even_if_no_profile_passes_both() -> None:
    index = index_of(*(Profile(id=sector.value, name="N", sector=sector) for sector in Sector))
    need = Need(id="n", title="T", requirements=Requirements(sectors=(Sector.CHARITY, Sector.CIC)))
    required = Filters.required_by(need)
    assert index.eligible([Filters(sectors=(Sector.CIC, Sector.SME)), required], TODAY).count == 1
    none = index.eligible([Filters(sectors=(Sector.SME,)), required], TODAY)
    assert (none.count, none.considered, none.excluded) == (0, len(Sector), {"sectors": len(Sector)})
    assert index.eligible([Filters()], TODAY).count == len(Sector)
