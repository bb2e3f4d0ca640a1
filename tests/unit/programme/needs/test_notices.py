"""OCDS files of needs: releases are merged by process, errors name a release, and contact details are removed."""

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


def needs_in(file: Path, **options: Any) -> list[Need]:
    return list(read_needs(file, file.parent / "out", **options))


def test_the_releases_of_one_process_make_one_need(tmp_path: Path) -> None:
    later = release(1, day="2025-03-09", tag="tenderAmendment", tender={"title": "Falls, amended"})
    summary = ReadSummary()
    needs = needs_in(written(tmp_path / "n.json", package(later, release(2), release(1))), summary=summary)
    assert [need.title for need in needs] == ["Falls, amended", "Falls prevention 2"]
    assert [need.stage for need in needs] == [Stage.TENDER] * 2
    assert needs[0].region == "North West"
    assert (summary.accepted, summary.refused) == (2, 0)
    assert summary.form == "OCDS, 3 releases of 2 processes"


@pytest.mark.parametrize("linked", [True, False])
def test_record_packages_are_read(tmp_path: Path, linked: bool) -> None:
    first = release(1)
    links = [{"url": "https://example.invalid/1", "date": "2025-03-01T00:00:00Z"}]
    record = {
        "ocid": first["ocid"],
        "releases": links if linked else [first],
        "compiledRelease": {**first, "tag": ["compiled"]},
    }
    (need,) = needs_in(written(tmp_path / "n.json", {"version": "1.1", "records": [record]}))
    assert (need.id, need.title) == (first["ocid"], "Falls prevention 1")


def test_contact_details_are_removed(tmp_path: Path) -> None:
    file = written(tmp_path / "n.json", package(*(release(n) for n in range(3))))
    texts = "".join(need.model_dump_json() for need in needs_in(file)) + preview_of(file).model_dump_json()
    assert "[contact removed]" in texts
    assert not any(planted in texts for planted in (EMAIL, "Jo Field", *PHONES))


def test_the_error_names_a_release_that_cannot_be_used(tmp_path: Path) -> None:
    bad = {**release(7), "date": "soon"}
    file = written(tmp_path / "n.json", package(release(1), bad, {"id": f"write to {EMAIL}"}))
    with pytest.raises(InvalidInput, match=r"n\.json, date: release 2 7-tender-2025-03-01: is missing") as caught:
        needs_in(file)
    assert "publisher" in caught.value.remedy
    summary = ReadSummary()
    assert len(needs_in(file, on_error="skip", summary=summary)) == 1
    assert summary.refused == 2
    text = (tmp_path / "out" / "rejects.csv").read_text(encoding="utf-8-sig")
    first, second = csv.DictReader(text.splitlines())
    assert (first["row"], first["field"], first["ocid"], first["id"]) == ("2", "date", bad["ocid"], bad["id"])
    assert (second["field"], second["id"]) == ("ocid", "")
    assert EMAIL not in text


def test_a_process_without_a_title_is_refused(tmp_path: Path) -> None:
    tender = {"title": "", "description": ""}
    with pytest.raises(InvalidInput, match="title: release 1 1-tender"):
        needs_in(written(tmp_path / "n.json", package(release(1, tender=tender))))


def test_a_cancelled_process_is_left_out_and_counted(tmp_path: Path) -> None:
    summary = ReadSummary()
    file = written(tmp_path / "n.json", package(release(1), release(2, tender={"status": "cancelled"})))
    assert [need.title for need in needs_in(file, summary=summary)] == ["Falls prevention 1"]
    assert summary.form == "OCDS, 2 releases of 2 processes, of which 1 cancelled and left out"


def test_a_preview_reads_notices(tmp_path: Path) -> None:
    preview = preview_of(written(tmp_path / "n.json", package(release(1), {"ocid": "x"}, release(2))), first=1)
    assert (preview.accepted, preview.refused, list(preview.needs), preview.columns) == (2, 1, [1], {})
    assert [(problem.row, problem.field) for problem in preview.problems] == [(2, "id")]


def test_real_notices(shared_data: Path, tmp_path: Path) -> None:
    for file in sorted((shared_data / "notices").glob("*.json")):
        summary = ReadSummary()
        needs = list(read_needs(file, tmp_path / "out", on_error="skip", summary=summary))
        assert summary.refused == 0
        assert 80 <= len(needs) <= 100, "the releases of a process make one need"
