"""No reason names anything that is not in the profile or the need, and the same facts always give the same words."""

from __future__ import annotations

import re

from hypothesis import given, settings

from matcher.records import Need, Profile, Region
from matcher.records.places import regions_of_profile, regions_of_record
from matcher.records.policy import MAX_REASONS
from matcher.records.supplier_kind import is_of_kind
from matcher.records.vocabulary import sector_name
from matcher.store import Store
from matcher.texts.passages import headline
from tests.support.fakes import engine_over
from tests.support.strategies import SCHEMES, TODAY, needs, registers

_QUOTED = re.compile(r"“(.*?)(?: …)?”")


def one_line(text: str) -> str:
    return " ".join(text.split())


@settings(max_examples=60, deadline=None)
@given(profiles=registers(min_size=1), need=needs())
def test_reasons_name_only_facts_of_the_profile_and_the_need(profiles: list[Profile], need: Need) -> None:
    with Store.open("sqlite://") as store:
        with store.writing() as writer:
            writer.put_many([(profile, None) for profile in profiles])
        engine = engine_over(store)
        result = engine.search(need, top=100, apply_requirements=False, on=TODAY)
        again = engine.search(need, top=100, apply_requirements=False, on=TODAY)
    assert [match.reasons for match in result.results] == [match.reasons for match in again.results]
    by_id = {profile.id: profile for profile in profiles}
    for match in result.results:
        assert 1 <= len(match.reasons) <= MAX_REASONS or not facts_are_known(by_id[match.profile_id])
        assert len(set(match.reasons)) == len(match.reasons)
        for reason in match.reasons:
            check(reason, by_id[match.profile_id], need)


def facts_are_known(profile: Profile) -> bool:
    """Return whether a profile says enough for at least one reason: everything but titles without words does."""
    return bool(profile.summary or profile.capabilities or profile.track_record)


def check(reason: str, profile: Profile, need: Need) -> None:
    """Check each quote, region, buyer, year, scheme and amount in `reason` against the profile and the need."""
    own = one_line(profile.model_dump_json()) + " ".join(headline(work.title) for work in profile.track_record)
    for text in _QUOTED.findall(reason):
        assert text in own, (reason, text)
    stated = _QUOTED.sub("", reason)
    for region in Region:
        if region.value in stated:
            assert region in {*regions_of_profile(profile), *worked(profile), *need.requirements.regions}
    for year in re.findall(r"in (\d{4})", stated):
        assert int(year) in {work.date.year for work in profile.track_record if work.date and work.date <= TODAY}
    if buyer := re.search(r"^Did  for (.*?)(?:, in \d{4})?$", stated):
        assert buyer[1] in {work.buyer for work in profile.track_record}
    for scheme in SCHEMES:
        if scheme in stated:
            assert scheme in need.requirements.accreditations
    if stated.startswith("Turnover"):
        assert need.value
        assert (profile.turnover is None) == (stated == "Turnover not known")
    if stated.startswith("Holds"):
        assert profile.accreditations
    if stated.startswith("Is not of a kind"):
        assert not any(is_of_kind(profile, sector) for sector in need.requirements.sectors)
        assert all(sector_name(sector).lower() in stated for sector in need.requirements.sectors)
    if stated.startswith("No track record"):
        assert not profile.track_record
    if stated == "Works nationally":
        assert profile.coverage.national
    if stated == "Does not say where it works":
        assert not regions_of_profile(profile)


def worked(profile: Profile) -> frozenset[Region]:
    return frozenset[Region]().union(*map(regions_of_record, profile.track_record))
