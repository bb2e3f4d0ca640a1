"""Notices in the register: nothing is lost in silence, and what was read wrongly is corrected at the next import."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from matcher.foundations.errors import InvalidInput
from matcher.register import ImportReport, Register, import_files
from matcher.register.import_report import source_report
from matcher.register.schema import release as release_table
from matcher.sources.statement import MAX_WARNINGS
from matcher.store import Store
from tests.support.notices import package, party, release, written
from tests.support.processes import award, pounds

STEADY = party("Steady Ltd", company="07654321")
CASES = Path(__file__).resolve().parents[4] / "shared" / "cases"


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open("sqlite://") as opened:
        yield opened


def imported(store: Store, folder: Path, *releases: Any, **options: Any) -> ImportReport:
    return import_files(store, "ocds", [written(folder / "a.json", package(*releases))], **options)


def names(store: Store) -> list[str]:
    return sorted(change.profile.name for change in store.profile_changes(0) if change.profile)


@pytest.mark.parametrize(
    "bad",
    [
        {"ocid": "x"},
        "not a release",
        {"url": "https://example.invalid/1"},
        release(7, tender={"title": None, "description": " "}),
        {**release(7), "date": "soon"},
        {**release(7), "ocid": None},
        {"ocid": "x", "versionedRelease": {}},
    ],
)
def test_a_bad_release_does_not_stop_the_others_and_is_told_with_its_number(
    store: Store, tmp_path: Path, bad: Any
) -> None:
    rejects = tmp_path / "rejects"
    report = imported(store, tmp_path, release(1), bad, release(2), rejects_folder=rejects)
    assert (report.rejected, store.counts()["needs"]) == (1, 2)
    assert report.rejects_file is not None
    [line] = [json.loads(line) for line in report.rejects_file.read_text().splitlines()]
    assert "release 2" in line["problem"]
    assert line["file"].endswith("a.json")
    with pytest.raises(InvalidInput, match="release 2"):
        imported(store, tmp_path, release(1), bad, release(2), on_error="stop")


def test_releases_that_share_an_id_are_all_read_and_again_change_nothing(store: Store, tmp_path: Path) -> None:
    firms = [party(f"Firm {n} Ltd", n) for n in range(3)]
    parts = [release(1, id="r", suppliers=(firm,), award={"value": pounds(10 + n)}) for n, firm in enumerate(firms)]
    report = imported(store, tmp_path, *parts)
    assert names(store) == ["Firm 0 Ltd", "Firm 1 Ltd", "Firm 2 Ltd"]
    assert report.counts["releases that share an id"] == 2
    assert any(warning.place == "release 3" for warning in report.warnings)
    sequence = store.sequence()
    again = imported(store, tmp_path, *parts)
    assert (again.counts["releases unchanged"], store.sequence()) == (3, sequence)


def test_warnings_have_a_stable_form_and_a_limit(store: Store, tmp_path: Path) -> None:
    placeholders = [release(n, suppliers=(party("See attached", n),)) for n in range(3)]
    report = source_report(imported(store, tmp_path, *placeholders))
    assert report["warnings_in_all"] == 3
    file, action = str(tmp_path / "a.json"), "left out: it names no supplier"
    expected = {"file": file, "place": "release 1", "field": "awards.suppliers", "text": "See attached"}
    assert report["warnings"][0] == {**expected, "action": action}
    odd = release(9) | {"awards": [f"award {n}" for n in range(MAX_WARNINGS + 99)]}
    many = imported(store, tmp_path, odd)
    assert (len(many.warnings), many.warned) == (MAX_WARNINGS, MAX_WARNINGS + 99)


def test_an_older_home_is_corrected_by_importing_the_same_file_again(store: Store, tmp_path: Path) -> None:
    notices = [release(1, suppliers=(STEADY,)), release(2, suppliers=(party("Firm Ltd", 2),))]
    imported(store, tmp_path, *notices)
    with store.writing() as writer:  # as an older version stored it: read by other rules
        writer.connection.execute(update(release_table).values(digest="0" * 64))
        wrong = "UPDATE statement SET content = replace(content, '40000.0', '5000000.0'), digest = 'x'"
        writer.connection.execute(text(wrong))
    report = imported(store, tmp_path, *notices)
    assert report.counts["releases read again"] == 2
    assert report.counts["releases new"] == 0
    assert report.profiles["unchanged"] == 2
    assert store.profile("gb-coh-07654321").record.track_record[0].value == 40_000


def test_the_provenance_says_what_a_value_rests_on(store: Store, tmp_path: Path) -> None:
    gross = {"amountGross": 48_000, "currency": "GBP"}
    notice = release(1, tag="award", suppliers=(STEADY,)) | {"awards": [award("1", STEADY, value=gross)]}
    stated = release(2, tag="award", suppliers=(STEADY,))
    imported(store, tmp_path, notice, stated)
    parts = [asdict(part) for part in Register(store).provenance("gb-coh-07654321")]
    bases = {
        part["record"].partition("/")[0]: part["basis"] for part in parts if part["field"].startswith("track_record")
    }
    assert bases == {notice["ocid"]: "derived: the gross amount less VAT at 20%", stated["ocid"]: "stated"}
    assert {part["basis"] for part in parts if not part["field"].startswith("track_record")} == {""}


def test_the_provenance_of_a_need_says_what_its_value_rests_on(store: Store, tmp_path: Path) -> None:
    lots = [{"id": str(n), "value": pounds(500)} for n in range(3)]
    notice = release(1, tender={"value": None, "lots": lots})
    imported(store, tmp_path, notice)
    parts = {part.field: part for part in Register(store).need_provenance(notice["ocid"])}
    assert parts["value"].basis == "derived: the sum of 3 lots"
    assert (parts["title"].record, parts["title"].place, parts["title"].basis) == (notice["id"], "release 1", "")


def of_case(store: Store, name: str) -> tuple[ImportReport, dict[str, Any], dict[str, Any]]:
    """Import a case from the shared folder. Return the report, the needs by id and the profiles by name."""
    if not (CASES / name).exists():
        pytest.skip("the folder ../shared/cases is not there")
    report = import_files(store, "ocds", [CASES / name])
    profiles = {change.profile.name: change.profile for change in store.profile_changes(0) if change.profile}
    return report, {need.id: need.record for need in store.needs()}, profiles


def test_case_1_awards_by_lot(store: Store) -> None:
    _, needs, profiles = of_case(store, "01-award-by-lot.json")
    [north], [south] = (profiles[name].track_record for name in ("Harbour Steps Trust", "Quay Digital Ltd"))
    assert "South" not in f"{north.title} {north.description}"
    assert "north" not in f"{south.title} {south.description}".lower()
    assert (north.value, south.value) == (60_000, 40_000)
    assert [(need.value, len(need.lots)) for need in needs.values()] == [(100_000, 2)]


def test_cases_2_and_3_plans(store: Store) -> None:
    _, needs, _ = of_case(store, "02-value-in-lots.json")
    assert [need.value for need in needs.values()] == [500_000]
    _, needs, _ = of_case(store, "03-planning-only.json")
    plan = needs["ocds-h6vhtk-000007"]
    assert (plan.title, plan.value, plan.stage) == ("Community dialysis engagement", 900_000, "market_engagement")


def test_cases_12_and_13_shared_ids_and_contracts(store: Store) -> None:
    _, needs, profiles = of_case(store, "12-same-award-id.json")
    assert sorted(profile.track_record[0].value for profile in profiles.values()) == [90_000, 120_000, 340_000]
    assert [need.value for need in needs.values()] == [550_000]
    _, needs, profiles = of_case(store, "13-contracts.json")
    assert profiles["Derwent Equipment Loans Ltd"].track_record[0].value == 350_000
    assert needs["ocds-h6vhtk-0f00aa"].value == 350_000


def test_cases_14_15_and_22_suppliers(store: Store) -> None:
    report, _, profiles = of_case(store, "14-placeholders.json")
    assert profiles == {}
    assert report.counts["suppliers that are placeholders"] == 8
    report, _, profiles = of_case(store, "22-buyer-is-supplier.json")
    assert profiles == {}
    assert report.counts["suppliers that are the buyer"] == 1
    _, needs, profiles = of_case(store, "15-awards-object.json")
    assert needs["ocds-zzz999-h4"].value == 77_000
    assert list(profiles) == ["Ure Interpreting Ltd"]


def numbered(name: str, number: int, *identifiers: tuple[str, str], **more: Any) -> Any:
    first, *others = [{"scheme": scheme, "id": id} for scheme, id in identifiers]
    return party(name, number, identifier=first, additionalIdentifiers=others, **more)


@pytest.mark.parametrize(
    ("suppliers", "profiles"),
    [
        ((("GB-NIC", "109123"), ("GB-NIC", "NIC109123"), ("", "GB-NIC-109123")), 1),
        ((("GB-SC", "SC048765"), ("GB-SC", "048765"), ("GB-SC", "GB-SC-SC048765"), ("GB-CHC", "SC48765")), 1),
        ((("GB-COH", "4567891"), ("GB-COH", "04567891"), ("gb-coh", "Company no. 4567891")), 1),
        ((("GB-CHC", "1077321"), ("GB-CHC", "Charity No: 1077321"), ("GB-CHC", "01077321")), 1),
        ((("GB-NIC", "109123"), ("GB-CHC", "109123")), 2),
        ((("GB-SC", "SC048765"), ("GB-COH", "SC048765")), 2),
        ((("GB-CHC", "1077321"), ("GB-CHC", "1077322")), 2),
    ],
)
def test_one_body_under_every_form_of_its_number(
    store: Store, tmp_path: Path, suppliers: tuple[tuple[str, str], ...], profiles: int
) -> None:
    notices = [
        release(n, suppliers=(numbered("Strathearn Sight" if profiles == 1 else f"Body {n}", n, one),))
        for n, one in enumerate(suppliers)
    ]
    imported(store, tmp_path, *notices)
    assert len(names(store)) == profiles


def test_a_body_on_two_registers_is_one(store: Store, tmp_path: Path) -> None:
    both = numbered("Border Sight", 1, ("GB-CHC", "1077321"), ("GB-SC", "SC048765"), ("GB-COH", "4567891"))
    scottish = numbered("Border Sight Scotland", 2, ("GB-SC", "48765"))
    company = numbered("Border Sight Services", 3, ("GB-COH", "04567891"))
    other = numbered("Border Sight", 4, ("GB-SC", "SC048766"))
    order = [scottish, company, both, other]
    imported(store, tmp_path, *(release(n, suppliers=(one,)) for n, one in enumerate(order)))
    found = [change.profile for change in store.profile_changes(0) if change.profile]
    assert sorted(len(profile.track_record) for profile in found) == [1, 3]
    [border] = [profile for profile in found if len(profile.track_record) == 3]
    assert (border.identifiers.charity, border.identifiers.company) == ("1077321", "04567891")
    assert border.identifiers.further_charity_numbers == ("SC048765",)


def test_a_number_that_is_none_is_told(store: Store, tmp_path: Path) -> None:
    report = imported(store, tmp_path, release(1, suppliers=(numbered("Steady Ltd", 1, ("GB-COH", "N/A")),)))
    assert [warning.text for warning in report.warnings] == ["GB-COH N/A"]
    assert names(store) == ["Steady Ltd"]


def test_a_profile_stored_with_a_lost_zero_is_joined_at_the_next_import(store: Store, tmp_path: Path) -> None:
    profile = {"id": "calder", "name": "Calder Memory Cafes CIC", "identifiers": {"company": "4567891"}}
    file = tmp_path / "p.jsonl"
    file.write_text(json.dumps(profile) + "\n")
    import_files(store, "profiles", [file])
    with store.writing() as writer:  # as an older version stored it
        writer.connection.execute(text("DELETE FROM identity_key WHERE key LIKE 'company:%'"))
        writer.connection.execute(text("UPDATE head SET digest = 'x'"))
    imported(store, tmp_path, release(1, suppliers=(numbered("Calder Cafes", 1, ("GB-COH", "04567891")),)))
    import_files(store, "profiles", [file])
    assert names(store) == ["Calder Memory Cafes CIC"]
    assert store.profile("calder").record.identifiers.company == "04567891"


def test_cases_17_and_18_numbers(store: Store) -> None:
    if CASES.exists():
        import_files(store, "profiles", [CASES / "17-lost-zero" / "profile.jsonl"])
        import_files(store, "companies-house", [CASES / "17-lost-zero" / "companies.csv"])
        import_files(store, "ocds", [CASES / "17-lost-zero" / "notice.json"])
        assert names(store) == ["Calder Memory Cafes CIC"]
    _, _, profiles = of_case(store, "18-regional-numbers.json")
    numbers = {name: profile.identifiers.charity for name, profile in profiles.items()}
    assert numbers["Foyle Stroke Friends"] == "NIC109123"
    assert numbers["Strathearn Sight"] == "SC048765"
    assert numbers["Tarn Valley Deaf Association"] == "1077321"
    assert len(profiles) == 5
