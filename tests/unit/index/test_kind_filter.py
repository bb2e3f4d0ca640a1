"""The filter by sector: a kind follows from what is known, and "vcse" finds every kind of VCSE."""

from __future__ import annotations

import pytest

from matcher.index import Index
from matcher.records import Filters, Profile, parse
from matcher.records.places import CURRENT_RULE, ReadingRule
from tests.support.fakes import WordEncoder
from tests.support.strategies import TODAY

ENCODER = WordEncoder()
REGISTER: dict[str, dict[str, object]] = {
    "charity": {"sector": "vcse", "identifiers": {"charity": "1000003"}, "turnover": 60e6},
    "cic": {"name": "Calder Wheels CIC", "sector": "sme"},
    "enterprise": {"sector": "social_enterprise"},
    "firm": {"name": "Calder Wheels Ltd", "sector": "sme"},
    "group": {"sector": "vcse"},
    "large": {"name": "Calder Wheels PLC", "sector": "large"},
    "mutual": {"identifiers": {"company": "RS007712"}},
    "nobody": {},
    "small": {"sector": "sme"},
    "trust": {"name": "Calder NHS Trust", "sector": "large"},
}


def found(sectors: list[str], rule: ReadingRule = CURRENT_RULE) -> list[str]:
    """Return the ids of the profiles that a filter for `sectors` finds under `rule`."""
    profiles = [parse(Profile, {"id": id, "name": "Calder Wheels", **fields}) for id, fields in REGISTER.items()]
    changes = [(number, own.id, own) for number, own in enumerate(profiles, start=1)]
    index = Index(ENCODER.fingerprint, rule=rule).updated(changes, ENCODER.encode, len(profiles))
    ids: list[str] = index.profiles.id[index.eligible([parse(Filters, {"sectors": sectors})], TODAY).mask].tolist()
    return ids


@pytest.mark.parametrize(
    ("sectors", "expected"),
    [
        (["charity"], ["charity"]),
        (["cic"], ["cic"]),
        (["vcse"], ["charity", "cic", "enterprise", "group", "mutual"]),
        (["company"], ["firm", "large"]),
        (["public"], ["trust"]),
        (["unknown"], ["nobody", "small"]),
        (["sme"], ["firm", "small"]),
        (["large"], ["large"]),
        (["mutual", "sme"], ["firm", "mutual", "small"]),
    ],
)
def test_a_filter_finds_the_kinds_that_it_names(sectors: list[str], expected: list[str]) -> None:
    assert found(sectors) == expected


@pytest.mark.parametrize(
    ("sectors", "expected"),
    [(["charity"], []), (["vcse"], ["charity", "group"]), (["sme"], ["cic", "firm", "small"]), (["company"], [])],
)
def test_earlier_rules_go_by_the_stated_sector_alone(sectors: list[str], expected: list[str]) -> None:
    assert found(sectors, ReadingRule.WHOLE_RECORDS) == expected
