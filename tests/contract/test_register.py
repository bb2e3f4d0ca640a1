"""What the register must do alike on every database: who is who, what is joined, what is taken apart, in any order."""

from __future__ import annotations

import itertools
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from matcher.errors import InvalidInput, NotFound
from matcher.importing import import_files
from matcher.records import Contact, Need, Profile, Sector, Stage, parse
from matcher.register import IntakeReport, Kind, Organisations, Register, take_files
from matcher.register.session import Session
from matcher.sources.ocds.parties import proposed_id
from matcher.sources.statement import Origin, Source, Statement
from matcher.store import RecordKind, Store
from tests.notices import party, release, written

STEADY = party("Steady Ltd", company="07654321")


def take(store: Store, folder: Path, *releases: dict[str, Any], name: str = "a.json") -> IntakeReport:
    return take_files(store, Kind.OCDS, [written(folder / name, list(releases))])


def said(source: Source, record: str, day: str | None = None, **fields: Any) -> Statement:
    fields = {"name": "Steady Ltd", **fields}
    stated = date.fromisoformat(day) if day else None
    return Statement(
        source,
        record,
        fields,
        Origin("file", f"line {record}", stated),
        proposed_id(fields["name"], fields.get("identifiers", {})),
    )


def state(store: Store, *statements: Statement) -> None:
    with store.writing() as writer:
        session = Session(writer)
        session.follow()
        session.take(statements)
        session.finish()


def profiles(store: Store) -> dict[str, Profile]:
    return {change.id: change.profile for change in store.profile_changes(0) if change.profile}


def need(store: Store, number: int = 1) -> Need:
    return store.need(release(number)["ocid"]).record


def numbered(**numbers: str) -> dict[str, Any]:
    return {"identifiers": numbers}


def test_a_notice_makes_a_need_and_a_supplier_with_track_record(store: Store, tmp_path: Path) -> None:
    report = take(store, tmp_path, release(1, tag="award", suppliers=(STEADY,)))
    assert need(store).stage is Stage.AWARD
    (found,) = profiles(store).values()
    assert (found.id, found.name, found.sector) == ("gb-coh-07654321", "Steady Ltd", Sector.SME)
    assert [piece.value for piece in found.track_record] == [40_000.0]
    assert (report.counts["needs added"], report.profiles["added"]) == (1, 1)


def test_a_second_time_changes_nothing(store: Store, tmp_path: Path) -> None:
    releases = [release(n, tag="award", suppliers=(STEADY, party(f"Other {n} Ltd", n))) for n in range(1, 5)]
    take(store, tmp_path, *releases)
    before = store.sequence()
    again = take(store, tmp_path, *reversed(releases), name="another name.json")
    assert store.sequence() == before
    assert (again.counts["releases unchanged"], again.profiles) == (4, {})


def test_a_process_moves_on_and_is_cancelled(store: Store, tmp_path: Path) -> None:
    take(store, tmp_path, release(1))
    assert need(store).stage is Stage.TENDER
    take(store, tmp_path, release(1, day="2025-04-09", tag="award", suppliers=(STEADY,)))
    assert need(store).stage is Stage.AWARD
    take(store, tmp_path, release(1, day="2025-05-09", tag="award", suppliers=(STEADY,), award={"status": "cancelled"}))
    with pytest.raises(NotFound):
        need(store)
    assert profiles(store) == {}, "nobody speaks of the supplier any more"
    take(store, tmp_path, release(1, day="2025-06-09", tag="award", suppliers=(STEADY,)))
    assert list(profiles(store)) == ["gb-coh-07654321"], "and back, under its old id"


def test_an_amended_award_changes_its_piece_and_its_winner(store: Store, tmp_path: Path) -> None:
    take(store, tmp_path, release(1, suppliers=(STEADY,)))
    better = {"value": {"amount": 45_000, "currency": "GBP"}}
    take(store, tmp_path, release(1, day="2025-03-09", tag="awardUpdate", suppliers=(STEADY,), award=better))
    assert [piece.value for piece in profiles(store)["gb-coh-07654321"].track_record] == [45_000.0]
    other = party("Right Ltd", company="00000001")
    take(store, tmp_path, release(1, day="2025-03-10", tag="awardUpdate", suppliers=(other,)))
    assert list(profiles(store)) == ["gb-coh-00000001"]


def test_the_same_number_is_the_same_supplier_whatever_its_name(store: Store, tmp_path: Path) -> None:
    take(store, tmp_path, release(1, suppliers=(STEADY,)), release(2, suppliers=({**STEADY, "name": "STEADY (UK)"},)))
    (found,) = profiles(store).values()
    assert len(found.track_record) == 2


@pytest.mark.parametrize(
    ("first", "second", "one"),
    [
        ("Steady Ltd", "STEADY LIMITED.", True),
        ("The Steady & Co Ltd", "Steady and Co Limited", True),
        ("Steady Steps Ltd", "Steady Steps", True),
        ("Steady Ltd", "Steady", False),  # one word is too little
        ("Steady Steps Ltd", "Steady Steps PLC", False),
        ("Steady Steps Ltd t/a Falls Away", "Steady Steps Limited", True),
        ("Steady Steps Ltd", "Steadier Steps Ltd", False),
    ],
)
def test_names(store: Store, tmp_path: Path, first: str, second: str, one: bool) -> None:
    take(store, tmp_path, release(1, suppliers=(party(first, 1),)), release(2, suppliers=(party(second, 2),)))
    assert len(profiles(store)) == (1 if one else 2)


def test_one_name_with_two_numbers_is_two_suppliers(store: Store, tmp_path: Path) -> None:
    same = party("Steady Ltd", company="00000009")
    take(store, tmp_path, release(1, suppliers=(STEADY,)), release(2, suppliers=(same,)))
    assert sorted(profiles(store)) == ["gb-coh-00000009", "gb-coh-07654321"]
    take(
        store,
        tmp_path,
        release(3, suppliers=(party("Steady Ltd", 3),)),
        release(4, suppliers=(party("Steady Ltd", 4),)),
    )
    assert sorted(profiles(store)) == ["gb-coh-00000009", "gb-coh-07654321", "steady-ltd"], "in doubt it is neither"


def test_two_that_turn_out_to_be_one_are_joined(store: Store) -> None:
    state(store, said(Source.OCDS, "a#1", **numbered(company="07654321"), name="Steady Ltd"))
    state(store, said(Source.OCDS, "b#1", **numbered(charity="1100001"), name="Steady Trust"))
    assert len(profiles(store)) == 2
    both = numbered(charity="1100001", company="07654321")
    state(store, said(Source.CHARITY_COMMISSION, "1100001", **both, name="STEADY"))
    (found,) = profiles(store).values()
    assert (found.name, found.identifiers.company, found.identifiers.charity) == ("STEADY", "07654321", "1100001")


def test_the_order_of_statements_does_not_matter(store: Store) -> None:
    award = {"title": "Falls", "date": "2025-01-01"}
    company, charity = {"company": "07654321"}, {"charity": "1100001"}
    cqc, london = {"cqc": "1-100000001"}, {"regions": ["London"]}
    statements = [
        said(Source.CONTRACTS_FINDER, "x/1#1", "2025-01-01", **numbered(**company), track_record=[award]),
        said(Source.CHARITY_COMMISSION, "1100001", "2025-02-01", **numbered(**charity, **company), turnover=5.0),
        said(Source.CQC, "1-1000000001", **numbered(**cqc, **company), coverage=london),
        said(Source.FIND_A_TENDER, "y/1#1", "2025-03-01", **numbered(**charity), sector="vcse", website="w.example"),
    ]
    outcomes = []
    for number, order in enumerate(itertools.permutations(statements)):
        mine = [_renumbered(one, number) for one in order]
        for one in mine:
            state(store, one)
        (found,) = [one for one in profiles(store).values() if one.identifiers.company == f"{number:08d}"]
        value = json.loads(found.model_dump_json(exclude={"id", "name", "identifiers"}))
        outcomes.append(json.dumps(value, sort_keys=True))
    assert len(set(outcomes)) == 1


def _renumbered(one: Statement, number: int) -> Statement:
    new = {"company": f"{number:08d}", "charity": f"{number:07d}", "cqc": f"1-{number:09d}"}
    numbers = {kind: new[kind] for kind in one.fields["identifiers"]}
    fields = {**one.fields, "identifiers": numbers, "name": f"Steady {number} Ltd"}
    return Statement(one.source, f"{number}/{one.record}", fields, one.origin, one.proposed)


def test_registers_come_before_notices_and_the_latest_first(store: Store) -> None:
    number = numbered(company="07654321")
    state(
        store,
        said(Source.CONTRACTS_FINDER, "a#1", "2025-01-01", **number, sector="large", postcode="M1", website="old"),
        said(Source.CONTRACTS_FINDER, "b#1", "2025-02-01", **number, website="new"),
        said(Source.COMPANIES_HOUSE, "07654321", **number, name="STEADY LIMITED", sector="cic"),
    )
    (found,) = profiles(store).values()
    assert (found.name, found.sector, found.postcode, found.website) == (
        "STEADY LIMITED",
        Sector.CIC,
        "M1",
        "new",
    )


def test_a_removed_charity_is_no_partner_any_more(store: Store) -> None:
    number = numbered(charity="1100001")
    gone = Statement(
        Source.CHARITY_COMMISSION, "1100001", {"name": "Steady", **number}, Origin("f", "p"), "x", ended=True
    )
    state(store, gone)
    assert profiles(store) == {}, "what is not known is not made only to be ended"
    state(store, said(Source.CONTRACTS_FINDER, "a#1", **number))
    state(store, gone)
    assert profiles(store) == {}


def test_what_is_for_known_suppliers_makes_none(store: Store) -> None:
    fields = {**numbered(charity="1100001"), "coverage": {"regions": ["London"]}}
    area = Statement(Source.CHARITY_COMMISSION, "1100001/area/London", fields, Origin("f", "p"), "x", known_only=True)
    state(store, area)
    assert profiles(store) == {}
    state(store, said(Source.CHARITY_COMMISSION, "1100001", **numbered(charity="1100001")), area)
    assert [found.coverage.regions for found in profiles(store).values()] == [("London",)]


def own(**fields: Any) -> dict[str, Any]:
    return {"id": "steady", "name": "Steady", "summary": "We know falls.", **fields}


def put_own(store: Store, folder: Path, **fields: Any) -> None:
    (folder / "own.jsonl").write_text(json.dumps(own(**fields)) + "\n")
    import_files(store, RecordKind.PROFILE, [folder / "own.jsonl"])


def test_a_suppliers_own_words_take_over_what_sources_made(store: Store, tmp_path: Path) -> None:
    take(store, tmp_path, release(1, suppliers=(STEADY,)))
    put_own(store, tmp_path, identifiers={"company": "07654321"}, track_record=[{"title": "Own work"}])
    (found,) = profiles(store).values()
    assert (found.id, found.name, found.summary) == ("steady", "Steady", "We know falls.")
    assert [piece.title for piece in found.track_record] == ["Own work", "Falls prevention 1"]
    before = store.sequence()
    put_own(store, tmp_path, identifiers={"company": "07654321"}, track_record=[{"title": "Own work"}])
    assert store.sequence() == before, "the same words again change nothing"
    put_own(store, tmp_path, identifiers={"company": "07654321"}, name="Steady On")
    (found,) = profiles(store).values()
    assert (found.name, [piece.title for piece in found.track_record]) == ("Steady On", ["Falls prevention 1"])


def test_notices_add_to_a_supplier_who_was_there_first(store: Store, tmp_path: Path) -> None:
    put_own(store, tmp_path, name="Steady Ltd", sector="mutual")
    take(store, tmp_path, release(1, suppliers=(STEADY,)))
    (found,) = profiles(store).values()
    assert (found.id, found.sector, found.identifiers.company) == ("steady", Sector.MUTUAL, "07654321")
    assert len(found.track_record) == 1


def test_what_was_put_directly_is_followed(store: Store, tmp_path: Path) -> None:
    take(store, tmp_path, release(1, suppliers=(STEADY,)))
    with store.writing() as writer:
        fields = own(identifiers={"company": "07654321"})
        writer.put(parse(Profile, fields), contact=Contact(name="Jo"), source="http")
    Register(store).follow()
    (found,) = profiles(store).values()
    assert (found.id, found.summary, len(found.track_record)) == ("steady", "We know falls.", 1)
    assert store.contact("steady") == Contact(name="Jo")
    with store.writing() as writer:  # as a client does that knows nothing of notices
        writer.put(parse(Profile, {**own(), "summary": "New"}), source="http")
    Register(store).follow()
    (found,) = profiles(store).values()
    assert (found.summary, len(found.track_record)) == ("New", 1)
    before = store.sequence()
    Register(store).follow()
    assert store.sequence() == before


def test_a_profile_withdrawn_by_hand_stays_withdrawn(store: Store, tmp_path: Path) -> None:
    take(store, tmp_path, release(1, suppliers=(STEADY,)))
    with store.writing() as writer:
        writer.withdraw(RecordKind.PROFILE, "gb-coh-07654321", source="asked to")
    take(store, tmp_path, release(2, suppliers=(STEADY,)))
    assert profiles(store) == {}


def test_two_suppliers_own_words_are_never_joined(store: Store, tmp_path: Path) -> None:
    put_own(store, tmp_path, identifiers={"company": "07654321"})
    put_own(store, tmp_path, id="steady-two", identifiers={"company": "07654321"})
    assert sorted(profiles(store)) == ["steady", "steady-two"]


def test_where_each_part_comes_from(store: Store, tmp_path: Path) -> None:
    take(store, tmp_path, release(1, suppliers=(STEADY,)))
    put_own(store, tmp_path, identifiers={"company": "07654321"})
    found = {part.field: part for part in Register(store).provenance("steady")}
    assert (found["summary"].source, found["name"].source, found["name"].rule) == ("supplier", "supplier", "own")
    piece = found["track_record.0"]
    ocid = release(1)["ocid"]
    assert (piece.source, piece.record) == ("contracts-finder", f"{ocid}/{ocid}-1#GB-COH-07654321")
    assert (piece.licence, piece.stated) == ("Open Government Licence v3.0", date(2025, 3, 1))
    assert piece.file.endswith("a.json")
    assert (piece.rule, piece.evidence) == ("number", "company:07654321")
    alone = {part.field: part.source for part in _alone(store, tmp_path)}
    assert alone == {"name": "supplier", "summary": "supplier"}


def _alone(store: Store, folder: Path) -> Any:
    put_own(store, folder, id="alone", name="Alone")
    return Register(store).provenance("alone")


def test_what_was_wrongly_joined_is_put_apart_for_good(store: Store, tmp_path: Path) -> None:
    mine, theirs = party("Starline Taxis", 1), party("Starline Taxis", 2)
    take(store, tmp_path, release(1, suppliers=(mine,)), release(2, suppliers=(theirs,)))
    (found,) = profiles(store).values()
    assert len(found.track_record) == 2
    ocid = release(2)["ocid"]
    record = f"{ocid}/{ocid}-1#GB-CFS-2"
    new = Register(store).split(found.id, [("contracts-finder", record)])
    assert new != found.id
    assert {id: len(one.track_record) for id, one in profiles(store).items()} == {found.id: 1, new: 1}
    take(
        store,
        tmp_path,
        release(2, day="2025-03-09", tag="awardUpdate", suppliers=({**theirs, "name": "STARLINE TAXIS"},)),
    )
    assert sorted(profiles(store)) == sorted([found.id, new]), "an amendment does not join them again"
    take(store, tmp_path, release(3, suppliers=(theirs,)))
    assert len(profiles(store)[new].track_record) == 2, "known by the publisher's own number"


def test_a_shared_number_does_not_join_what_was_put_apart(store: Store) -> None:
    state(store, said(Source.OCDS, "a#1", name="Starline Taxis"), said(Source.OCDS, "b#1", name="Starline Taxis"))
    (old,) = profiles(store)
    new = Register(store).split(old, [("ocds", "b#1")])
    number = numbered(company="07654321")
    state(store, said(Source.OCDS, "a#1", name="Starline Taxis", **number))
    state(store, said(Source.OCDS, "b#1", name="Starline Taxis", **number))
    assert sorted(profiles(store)) == sorted([old, new])


def test_only_what_is_known_can_be_put_apart(store: Store, tmp_path: Path) -> None:
    put_own(store, tmp_path)
    register = Register(store)
    with pytest.raises(NotFound, match="says nothing about 'steady'"):
        register.split("steady", [("cqc", "1-1")])
    for records in ([], [("supplier", "steady")]):
        with pytest.raises(InvalidInput, match="must be statements of other sources"):
            register.split("steady", records)


def test_organisations_of_the_past_resolve(store: Store, tmp_path: Path) -> None:
    organisations = Organisations(store)

    def today(asked: str) -> list[str]:
        return [one.code or one.name for one in organisations.today(asked)]

    assert today("01F") == today("NHS Halton CCG") == today("qyg") == ["QYG"]
    assert today("M1J4Y") == ["S1Y5D"], "a group, its board, and the board merged in 2026"
    assert today("07H") == ["D7T5G"], "West Essex, of a board that was split"
    assert today("QNQ") == ["QRL", "S0E4D", "S9B9J"]
    assert today("Oxford AHSN") == ["Health Innovation Oxford and Thames Valley"]
    with pytest.raises(NotFound, match="matcher import ods"):
        today("ZZZ9")
    (tmp_path / "o.csv").write_text(
        "code,name,status,successor,since\nZZZ9,Old Trust,Inactive,ZZZ8,2024-04-01\nZZZ8,New Trust,,,\n"
    )
    report = take_files(store, Kind.ODS, [tmp_path / "o.csv"])
    assert report.counts["organisations new or changed"] == 2
    assert today("ZZZ9") == today("old trust") == ["ZZZ8"]
    assert take_files(store, Kind.ODS, [tmp_path / "o.csv"]).counts["organisations new or changed"] == 0


def test_successions_in_a_circle_end(store: Store, tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("code,name,successor\nZ1,One,Z2\nZ2,Two,Z1\n")
    take_files(store, Kind.ODS, [tmp_path / "o.csv"])
    assert Organisations(store).today("Z1") == ()
