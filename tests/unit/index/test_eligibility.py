"""Eligibility: what is not known never passes, and each filter decides by the letter of its rule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given

from matcher.index import Index
from matcher.records import Filters, Need, Profile, Requirements, Sector, parse
from tests.support.eligibility import failing
from tests.support.fakes import WordEncoder
from tests.support.strategies import TODAY, filters, registers

ENCODER = WordEncoder()


def index_of(*profiles: Profile) -> Index:
    changes = [(number, own.id, own) for number, own in enumerate(profiles, start=1)]
    return Index(ENCODER.fingerprint).updated(changes, ENCODER.encode, len(profiles))


def passes(filter: Mapping[str, object], on: date = TODAY, **fields: object) -> bool:
    """Return whether a profile with `fields` passes."""
    profile = parse(Profile, {"id": "p", "name": "N", **fields})
    return index_of(profile).eligible([parse(Filters, dict(filter))], on).count == 1


@given(registers(min_size=1), filters())
def test_every_filter_decides_as_the_reference_does(profiles: list[Profile], chosen: Filters) -> None:
    index = index_of(*profiles)
    found = index.eligible([chosen], TODAY)
    failed = {own.id: failing(own, number, chosen, TODAY) for number, own in enumerate(profiles, start=1)}
    assert set(index.profiles.id[found.mask].tolist()) == {id for id, names in failed.items() if not names}
    for name, count in found.excluded.items():
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
def test_what_is_not_known_does_not_pass(filter: dict[str, object]) -> None:
    assert not passes(filter)


@pytest.mark.parametrize(("days", "held"), [(-1, False), (0, True), (1, True)])
def test_the_last_day_of_an_accreditation_is_a_day_on_which_it_is_held(days: int, held: bool) -> None:
    expires = (TODAY + timedelta(days=days)).isoformat()
    assert passes({"accreditations": ["DSPT"]}, accreditations=[{"scheme": "DSPT", "expires": expires}]) is held


def test_one_that_does_not_lapse_is_held_for_ever() -> None:
    assert passes({"accreditations": ["dspt"]}, date(2999, 1, 1), accreditations=[{"scheme": "DSPT"}])


@pytest.mark.parametrize(
    ("held", "wanted", "passed"),
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
def test_names_of_schemes(held: str, wanted: str, passed: bool) -> None:
    assert passes({"accreditations": [wanted]}, accreditations=[{"scheme": held}]) is passed


def test_all_accreditations_and_all_identifiers_but_any_region_and_sector() -> None:
    two = [{"scheme": "DSPT"}, {"scheme": "ISO 9001"}]
    assert passes({"accreditations": ["DSPT", "ISO 9001"]}, accreditations=two)
    assert not passes({"accreditations": ["DSPT", "ISO 9001"]}, accreditations=two[:1])
    assert passes({"identifiers": ["charity", "ods:rr8"]}, identifiers={"charity": "1000003", "ods": "RR8"})
    assert not passes({"identifiers": ["charity", "ods"]}, identifiers={"charity": "1000003"})
    assert passes(
        {"regions": ["London", "Wales"], "sectors": ["cic", "sme"]}, coverage={"regions": ["Wales"]}, sector="cic"
    )


def test_a_renewed_accreditation_counts_by_its_later_day() -> None:
    lapsed, renewed = (TODAY - timedelta(days=1)).isoformat(), TODAY.isoformat()
    both = [{"scheme": "DSPT", "expires": lapsed}, {"scheme": "DSPT", "expires": renewed}]
    assert passes({"accreditations": ["DSPT"]}, accreditations=both)


def test_where_a_profile_works() -> None:
    leeds = {"regions": ["Yorkshire and The Humber"]}
    assert passes(leeds, postcode="LS1 4AP")
    assert passes(leeds, coverage={"national": True})
    assert not passes(leeds, postcode="LS1 4AP", coverage={"regions": ["London"]}), "what is stated decides"
    assert passes(leeds, track_record=[{"title": "T", "region": "yorkshire"}])


def test_requirements_and_filters_both_apply_and_disjoint_ones_leave_nobody() -> None:
    index = index_of(*(Profile(id=sector.value, name="N", sector=sector) for sector in Sector))
    need = Need(id="n", title="T", requirements=Requirements(sectors=(Sector.CHARITY, Sector.CIC)))
    required = Filters.required_by(need)
    assert index.eligible([Filters(sectors=(Sector.CIC, Sector.SME)), required], TODAY).count == 1
    nobody = index.eligible([Filters(sectors=(Sector.SME,)), required], TODAY)
    assert (nobody.count, nobody.considered, nobody.excluded) == (0, len(Sector), {"sectors": len(Sector)})
    assert index.eligible([Filters()], TODAY).count == len(Sector)
