"""OCDS files as the needs of a programme: merged by process, refused by release, nobody's contact details."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from matcher.foundations.errors import InvalidInput
from matcher.programme.needs.needs_file import ReadSummary, read_needs
from matcher.programme.needs.preview import preview_of
from matcher.records import Need, Stage
from tests.support.notices import EMAIL, PHONES, package, release, written


def taken(file: Path, **options: Any) -> list[Need]:
    return list(read_needs(file, file.parent / "out", **options))


def test_releases_of_one_process_are_one_need(tmp_path: Path) -> None:
    later = release(1, day="2025-03-09", tag="tenderAmendment", tender={"title": "Falls, amended"})
    intake = ReadSummary()
    needs = taken(written(tmp_path / "n.json", package(later, release(2), release(1))), intake=intake)
    assert [need.title for need in needs] == ["Falls, amended", "Falls prevention 2"]
    assert [need.stage for need in needs] == [Stage.TENDER] * 2
    assert needs[0].region == "North West"
    assert (intake.accepted, intake.refused) == (2, 0)
    assert intake.form == "OCDS, 3 releases of 2 processes"


@pytest.mark.parametrize("linked", [True, False])
def test_records_are_read_too(tmp_path: Path, linked: bool) -> None:
    one = release(1)
    links = [{"url": "https://example.invalid/1", "date": "2025-03-01T00:00:00Z"}]
    record = {
        "ocid": one["ocid"],
        "releases": links if linked else [one],
        "compiledRelease": {**one, "tag": ["compiled"]},
    }
    (need,) = taken(written(tmp_path / "n.json", {"version": "1.1", "records": [record]}))
    assert (need.id, need.title) == (one["ocid"], "Falls prevention 1")


def test_nobodys_contact_details_come_in(tmp_path: Path) -> None:
    file = written(tmp_path / "n.json", package(*(release(n) for n in range(3))))
    texts = "".join(need.model_dump_json() for need in taken(file)) + preview_of(file).model_dump_json()
    assert "[contact removed]" in texts
    assert not any(planted in texts for planted in (EMAIL, "Jo Field", *PHONES))


def test_a_release_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    bad = {**release(7), "date": "soon"}
    file = written(tmp_path / "n.json", package(release(1), bad, {"id": f"write to {EMAIL}"}))
    with pytest.raises(InvalidInput, match=r"n\.json, date: release 2 7-tender-2025-03-01: is missing") as caught:
        taken(file)
    assert "publisher" in caught.value.remedy
    intake = ReadSummary()
    assert len(taken(file, on_error="skip", intake=intake)) == 1
    assert intake.refused == 2
    text = (tmp_path / "out" / "rejects.csv").read_text(encoding="utf-8-sig")
    first, second = csv.DictReader(text.splitlines())
    assert (first["row"], first["field"], first["ocid"], first["id"]) == ("2", "date", bad["ocid"], bad["id"])
    assert (second["field"], second["id"]) == ("ocid", "")
    assert EMAIL not in text


def test_a_process_without_any_title_is_refused(tmp_path: Path) -> None:
    tender = {"title": "", "description": ""}
    with pytest.raises(InvalidInput, match="title: release 1 1-tender"):
        taken(written(tmp_path / "n.json", package(release(1, tender=tender))))


def test_what_was_cancelled_is_left_out_and_told(tmp_path: Path) -> None:
    intake = ReadSummary()
    file = written(tmp_path / "n.json", package(release(1), release(2, tender={"status": "cancelled"})))
    assert [need.title for need in taken(file, intake=intake)] == ["Falls prevention 1"]
    assert intake.form == "OCDS, 2 releases of 2 processes, of which 1 cancelled and left out"


def test_a_preview_reads_notices(tmp_path: Path) -> None:
    found = preview_of(written(tmp_path / "n.json", package(release(1), {"ocid": "x"}, release(2))), first=1)
    assert (found.accepted, found.refused, list(found.needs), found.columns) == (2, 1, [1], {})
    assert [(one.row, one.field) for one in found.problems] == [(2, "id")]


def test_real_notices(shared_data: Path, tmp_path: Path) -> None:
    for file in sorted((shared_data / "notices").glob("*.json")):
        intake = ReadSummary()
        needs = list(read_needs(file, tmp_path / "out", on_error="skip", intake=intake))
        assert intake.refused == 0
        assert 80 <= len(needs) <= 100, "several releases of a process are one need"
