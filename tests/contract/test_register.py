"""The register on every database: which statements are about one supplier, in whatever order they arrive."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from matcher.foundations.errors import NotFound
from matcher.records import Sector, Size, Stage
from matcher.sources.statement import Origin, Statement
from matcher.store import Store
from tests.support.notices import party, release
from tests.support.statements import STEADY, add, import_notices, need, numbered, profiles, statement


def test_an_award_notice_creates_a_need_and_a_supplier_with_track_record(store: Store, tmp_path: Path) -> None:
    report = import_notices(store, tmp_path, release(1, tag="award", suppliers=(STEADY,)))
    assert need(store).stage is Stage.AWARD
    (profile,) = profiles(store).values()
    assert (profile.id, profile.name) == ("gb-coh-07654321", "Steady Ltd")
    assert (profile.sector, profile.size) == (Sector.COMPANY, Size.SME)
    assert [piece.value for piece in profile.track_record] == [40_000.0]
    assert (report.counts["needs added"], report.profiles["added"]) == (1, 1)


def test_importing_notices_again_changes_nothing(store: Store, tmp_path: Path) -> None:
    releases = [release(n, tag="award", suppliers=(STEADY, party(f"Other {n} Ltd", n))) for n in range(1, 5)]
    import_notices(store, tmp_path, *releases)
    before = store.sequence()
    again = import_notices(store, tmp_path, *reversed(releases), name="another name.json")
    assert store.sequence() == before
    assert (again.counts["releases unchanged"], again.profiles) == (4, {})


def test_a_process_advances_and_is_cancelled(store: Store, tmp_path: Path) -> None:
    import_notices(store, tmp_path, release(1))
    assert need(store).stage is Stage.TENDER
    import_notices(store, tmp_path, release(1, day="2025-04-09", tag="award", suppliers=(STEADY,)))
    assert need(store).stage is Stage.AWARD
    import_notices(
        store, tmp_path, release(1, day="2025-05-09", tag="award", suppliers=(STEADY,), award={"status": "cancelled"})
    )
    with pytest.raises(NotFound):
        need(store)
    assert profiles(store) == {}, "no source names the supplier"
    import_notices(store, tmp_path, release(1, day="2025-06-09", tag="award", suppliers=(STEADY,)))
    assert list(profiles(store)) == ["gb-coh-07654321"], "restored under its old id"


def test_an_amended_award_changes_the_track_record_and_the_winner(store: Store, tmp_path: Path) -> None:
    import_notices(store, tmp_path, release(1, suppliers=(STEADY,)))
    better = {"value": {"amount": 45_000, "currency": "GBP"}}
    import_notices(store, tmp_path, release(1, day="2025-03-09", tag="awardUpdate", suppliers=(STEADY,), award=better))
    assert [piece.value for piece in profiles(store)["gb-coh-07654321"].track_record] == [45_000.0]
    other = party("Right Ltd", company="00000001")
    import_notices(store, tmp_path, release(1, day="2025-03-10", tag="awardUpdate", suppliers=(other,)))
    assert list(profiles(store)) == ["gb-coh-00000001"]


def test_the_same_number_is_the_same_supplier_whatever_the_name(store: Store, tmp_path: Path) -> None:
    import_notices(
        store, tmp_path, release(1, suppliers=(STEADY,)), release(2, suppliers=({**STEADY, "name": "STEADY (UK)"},))
    )
    (profile,) = profiles(store).values()
    assert len(profile.track_record) == 2


@pytest.mark.parametrize(
    ("first", "second", "one"),
    [
        ("Steady Ltd", "STEADY LIMITED.", True),
        ("The Steady & Co Ltd", "Steady and Co Limited", True),
        ("Steady Steps Ltd", "Steady Steps", True),
        ("Steady Ltd", "Steady", False),  # one word is not enough
        ("Steady Steps Ltd", "Steady Steps PLC", False),
        ("Steady Steps Ltd t/a Falls Away", "Steady Steps Limited", True),
        ("Steady Steps Ltd", "Steadier Steps Ltd", False),
    ],
)
def test_names_that_are_joined(store: Store, tmp_path: Path, first: str, second: str, one: bool) -> None:
    import_notices(store, tmp_path, release(1, suppliers=(party(first, 1),)), release(2, suppliers=(party(second, 2),)))
    assert len(profiles(store)) == (1 if one else 2)


def test_one_name_with_two_numbers_is_two_suppliers(store: Store, tmp_path: Path) -> None:
    same = party("Steady Ltd", company="00000009")
    import_notices(store, tmp_path, release(1, suppliers=(STEADY,)), release(2, suppliers=(same,)))
    assert sorted(profiles(store)) == ["gb-coh-00000009", "gb-coh-07654321"]
    import_notices(
        store,
        tmp_path,
        release(3, suppliers=(party("Steady Ltd", 3),)),
        release(4, suppliers=(party("Steady Ltd", 4),)),
    )
    assert sorted(profiles(store)) == ["gb-coh-00000009", "gb-coh-07654321", "steady-ltd"], "in doubt a third"


def test_two_profiles_with_a_shared_number_are_joined(store: Store) -> None:
    add(store, statement("ocds", "a#1", **numbered(company="07654321"), name="Steady Ltd"))
    add(store, statement("ocds", "b#1", **numbered(charity="1100001"), name="Steady Trust"))
    assert len(profiles(store)) == 2
    both = numbered(charity="1100001", company="07654321")
    add(store, statement("charity-commission", "1100001", **both, name="STEADY"))
    (profile,) = profiles(store).values()
    assert (profile.name, profile.identifiers.company, profile.identifiers.charity) == ("STEADY", "07654321", "1100001")


def test_the_order_of_statements_does_not_matter(store: Store) -> None:
    award = {"title": "Falls", "date": "2025-01-01"}
    company, charity = {"company": "07654321"}, {"charity": "1100001"}
    cqc, london = {"cqc": "1-100000001"}, {"regions": ["London"]}
    statements = [
        statement("contracts-finder", "x/1#1", "2025-01-01", **numbered(**company), track_record=[award]),
        statement("charity-commission", "1100001", "2025-02-01", **numbered(**charity, **company), turnover=5.0),
        statement("cqc", "1-1000000001", **numbered(**cqc, **company), coverage=london),
        statement("find-a-tender", "y/1#1", "2025-03-01", **numbered(**charity), sector="vcse", website="w.example"),
    ]
    outcomes = []
    for number, order in enumerate(itertools.permutations(statements)):
        mine = [_renumbered(one, number) for one in order]
        for one in mine:
            add(store, one)
        (profile,) = [one for one in profiles(store).values() if one.identifiers.company == f"{number:08d}"]
        value = json.loads(profile.model_dump_json(exclude={"id", "name", "identifiers"}))
        outcomes.append(json.dumps(value, sort_keys=True))
    assert len(set(outcomes)) == 1


def _renumbered(one: Statement, number: int) -> Statement:
    new = {"company": f"{number:08d}", "charity": f"{number:07d}", "cqc": f"1-{number:09d}"}
    numbers = {kind: new[kind] for kind in one.fields["identifiers"]}
    fields = {**one.fields, "identifiers": numbers, "name": f"Steady {number} Ltd"}
    return Statement(one.source, f"{number}/{one.record}", fields, one.origin, one.proposed)


def test_registers_come_before_notices_and_later_statements_first(store: Store) -> None:
    number = numbered(company="07654321")
    add(
        store,
        statement("contracts-finder", "a#1", "2025-01-01", **number, sector="large", postcode="M1", website="old"),
        statement("contracts-finder", "b#1", "2025-02-01", **number, website="new"),
        statement("companies-house", "07654321", **number, name="STEADY LIMITED", sector="cic"),
    )
    (profile,) = profiles(store).values()
    assert (profile.name, profile.sector, profile.postcode, profile.website) == (
        "STEADY LIMITED",
        Sector.CIC,
        "M1",
        "new",
    )


def test_the_profile_of_a_removed_charity_is_withdrawn(store: Store) -> None:
    number = numbered(charity="1100001")
    removed = Statement(
        "charity-commission", "1100001", {"name": "Steady", **number}, Origin("f", "p"), "x", ended=True
    )
    add(store, removed)
    assert profiles(store) == {}, "an ended statement does not create a profile"
    add(store, statement("contracts-finder", "a#1", **number))
    add(store, removed)
    assert profiles(store) == {}


def test_a_statement_for_known_suppliers_creates_no_profile(store: Store) -> None:
    fields = {**numbered(charity="1100001"), "coverage": {"regions": ["London"]}}
    area = Statement("charity-commission", "1100001/area/London", fields, Origin("f", "p"), "x", known_only=True)
    add(store, area)
    assert profiles(store) == {}
    add(store, statement("charity-commission", "1100001", **numbered(charity="1100001")), area)
    assert [profile.coverage.regions for profile in profiles(store).values()] == [("London",)]
