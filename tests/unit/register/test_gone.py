"""Who is gone: closed charities, and suppliers that a newer whole extract no longer lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matcher.foundations.errors import InvalidInput
from matcher.records import Profile
from matcher.register import Register, import_files
from matcher.register.import_report import source_report
from matcher.store import Store

CHARITIES, COMPANIES = "charity-commission", "companies-house"


def charity(number: int, day: str, **fields: object) -> dict[str, object]:
    """Return a row of the charity register as of `day`."""
    row = {
        "date_of_extract": f"{day}T00:00:00",
        "registered_charity_number": number,
        "linked_charity_number": 0,
        "charity_name": f"FERNLEIGH CAFE {number}",
        "charity_registration_status": "Registered",
        "charity_contact_postcode": "LA1 1AA",
    }
    return {**row, **fields}


def import_charities(store: Store, folder: Path, *rows: dict[str, object], whole: bool = False) -> dict[str, int]:
    """Import an extract of the charity register. Return the counts in the report."""
    path = folder / f"{len(list(folder.iterdir()))}.json"
    path.write_text(json.dumps(rows))
    return dict(import_files(store, CHARITIES, [path], whole=whole).counts)


def import_companies(store: Store, folder: Path, *rows: str, whole: bool = False) -> dict[str, int]:
    """Import an extract of Companies House. Each row is name, number, category, status. Return the counts."""
    path = folder / f"{len(list(folder.iterdir()))}.csv"
    head = "CompanyName, CompanyNumber,CompanyCategory,CompanyStatus,SICCode.SicText_1"
    path.write_text("\n".join([head, *(f"{row},88990 - Other social work" for row in rows)]))
    return dict(import_files(store, COMPANIES, [path], whole=whole).counts)


def current(store: Store) -> list[Profile]:
    """Return all profiles that are not withdrawn."""
    latest = {change.id: change.profile for change in store.profile_changes(0)}
    return [profile for profile in latest.values() if profile]


def names(store: Store) -> set[str]:
    return {profile.name for profile in current(store)}


CIO = {"charity_company_registration_number": "CE031999"}
FIRM = {"charity_company_registration_number": "04567891"}


@pytest.mark.parametrize("companies_first", [True, False])
def test_a_removed_cio_is_withdrawn_whatever_companies_house_says(
    tmp_path: Path, file_store: Store, companies_first: bool
) -> None:
    row = "FERNLEIGH CAFE 1199101,CE031999,Charitable Incorporated Organisation,Active"
    if companies_first:
        import_companies(file_store, tmp_path, row)
    import_charities(file_store, tmp_path, charity(1199101, "2026-01-05", **CIO))
    if not companies_first:
        import_companies(file_store, tmp_path, row)
    assert names(file_store) == {"FERNLEIGH CAFE 1199101"}
    removed = charity(1199101, "2026-06-05", charity_registration_status="Removed", **CIO)
    import_charities(file_store, tmp_path, removed)
    assert names(file_store) == set()
    import_companies(file_store, tmp_path, row)
    assert names(file_store) == set(), "a second import of Companies House does not bring it back"
    import_charities(file_store, tmp_path, charity(1199101, "2026-07-05", **CIO))
    assert names(file_store) == {"FERNLEIGH CAFE 1199101"}, "it is registered again"


def test_a_company_lives_on_after_it_stops_being_a_charity(tmp_path: Path, file_store: Store) -> None:
    import_charities(file_store, tmp_path, charity(1199101, "2026-01-05", **FIRM))
    import_companies(file_store, tmp_path, "FERNLEIGH CAFE LTD,04567891,Private Limited Company,Active")
    removed = charity(1199101, "2026-06-05", charity_registration_status="Removed", **FIRM)
    import_charities(file_store, tmp_path, removed)
    [profile] = current(file_store)
    assert (profile.identifiers.charity, profile.identifiers.company) == (None, "04567891")
    assert profile.sector == "company"


def test_a_cio_known_only_from_companies_house_stays(tmp_path: Path, file_store: Store) -> None:
    import_companies(file_store, tmp_path, "FERNLEIGH CAFE,CE031999,Charitable Incorporated Organisation,Active")
    [profile] = current(file_store)
    assert profile.sector == "charity"


def test_who_is_missing_from_a_newer_extract_is_told_and_ended_on_request(tmp_path: Path, file_store: Store) -> None:
    january = [charity(number, "2026-01-05") for number in (1199101, 1199102, 1199103)]
    assert "no longer listed" not in import_charities(file_store, tmp_path, *january)
    june = [charity(number, "2026-06-05") for number in (1199101, 1199103)]
    assert import_charities(file_store, tmp_path, *june)["no longer listed"] == 1
    assert len(names(file_store)) == 3
    assert import_charities(file_store, tmp_path, *june, whole=True)["ended, as no longer listed"] == 1
    assert names(file_store) == {"FERNLEIGH CAFE 1199101", "FERNLEIGH CAFE 1199103"}
    again = import_charities(file_store, tmp_path, *june, whole=True)
    assert not {"no longer listed", "ended, as no longer listed"} & set(again)
    import_charities(file_store, tmp_path, *january)
    assert len(names(file_store)) == 3, "who is listed again comes back"


def test_parts_of_one_extract_are_read_together(tmp_path: Path, file_store: Store) -> None:
    for number in (1199101, 1199102):
        (tmp_path / f"part{number}.json").write_text(json.dumps([charity(number, "2026-01-05")]))
    for _ in range(2):
        report = import_files(file_store, CHARITIES, [tmp_path], whole=True)
        assert "no_longer_listed" not in source_report(report)
    report = import_files(file_store, CHARITIES, [tmp_path / "part1199101.json"])
    assert source_report(report)["no_longer_listed"] == ["1199102"]


def test_a_file_of_areas_alone_ends_nobody(tmp_path: Path, file_store: Store) -> None:
    import_charities(file_store, tmp_path, charity(1199101, "2026-01-05"))
    area = {
        "registered_charity_number": 1199101,
        "linked_charity_number": 0,
        "geographic_area_description": "Throughout London",
    }
    assert "ended, as no longer listed" not in import_charities(file_store, tmp_path, area, whole=True)
    assert len(names(file_store)) == 1


def test_a_company_missing_from_a_whole_extract_ends(tmp_path: Path, file_store: Store) -> None:
    first = "FERNLEIGH CARE CIC,09123456,Community Interest Company,Active"
    second = "DUDDON CARE CIC,09123457,Community Interest Company,Active"
    import_companies(file_store, tmp_path, first, second)
    assert import_companies(file_store, tmp_path, second, whole=True)["ended, as no longer listed"] == 1
    assert names(file_store) == {"DUDDON CARE CIC"}


def test_a_supplier_that_wrote_its_own_profile_stays(tmp_path: Path, file_store: Store) -> None:
    own = {"id": "own", "name": "Fernleigh Cafe", "identifiers": {"charity": "1199101"}}
    (tmp_path / "own.jsonl").write_text(json.dumps(own))
    import_files(file_store, "profiles", [tmp_path / "own.jsonl"])
    import_charities(file_store, tmp_path, charity(1199101, "2026-01-05", **CIO), charity(1199102, "2026-01-05"))
    import_charities(file_store, tmp_path, charity(1199102, "2026-06-05"), whole=True)
    assert "Fernleigh Cafe" in names(file_store)


def test_an_insolvent_charity_is_told(tmp_path: Path, file_store: Store) -> None:
    row = charity(1199101, "2026-06-05", charity_insolvent=True)
    assert import_charities(file_store, tmp_path, row)["charities insolvent or in administration"] == 1


@pytest.mark.parametrize("kind", ["profiles", "needs", "ocds", "ods"])
def test_only_registers_can_be_whole(tmp_path: Path, file_store: Store, kind: str) -> None:
    with pytest.raises(InvalidInput, match="registers only"):
        import_files(file_store, kind, [tmp_path], whole=True)


def test_the_deciding_number_is_the_origin_of_the_kind(tmp_path: Path, file_store: Store) -> None:
    import_companies(file_store, tmp_path, "FERNLEIGH CAFE,CE031999,Charitable Incorporated Organisation,Active")
    [profile] = current(file_store)
    [origin] = [part for part in Register(file_store).provenance(profile.id) if part.field == "sector"]
    assert (origin.source, origin.record) == (COMPANIES, "CE031999")
