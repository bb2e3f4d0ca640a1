"""Releases are read from every form of file, and other content is refused."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from matcher.foundations.errors import InvalidInput, Place
from matcher.sources.ocds import ReleaseIds, read_releases, trim
from matcher.sources.statement import Origin, Tally
from tests.support.notices import CONTACT, EMAIL, PHONES, package, party, release, written

ONE, TWO = release(1), release(2)


def read(path: Path) -> list[Any]:
    return [published.release for published in read_releases(path)]


@pytest.mark.parametrize(
    "value",
    [
        package(ONE, TWO),
        [ONE, TWO],
        {"records": [{"ocid": "x", "releases": [ONE]}, {"ocid": "y", "releases": [TWO], "compiledRelease": {}}]},
        {"records": [{"ocid": "x", "compiledRelease": ONE, "releases": [{"url": "u", "tag": ["tender"]}]}, TWO]},
    ],
)
def test_packages_records_and_lists(tmp_path: Path, value: Any) -> None:
    assert read(written(tmp_path / "a.json", value)) == [ONE, TWO]


def test_a_single_release_on_one_line_or_several(tmp_path: Path) -> None:
    assert read(written(tmp_path / "a.json", ONE)) == [ONE]
    (tmp_path / "b.json").write_text(json.dumps(ONE, indent=2))
    assert read(tmp_path / "b.json") == [ONE]
    (tmp_path / "c.json").write_text("\ufeff" + json.dumps(package(ONE), indent=1), encoding="utf-8")
    assert read(tmp_path / "c.json") == [ONE]


def test_json_lines_of_releases_and_packages(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, (ONE, TWO))) + "\n")
    (tmp_path / "b.jsonl").write_text("\n\n".join(map(json.dumps, (package(ONE), package(TWO)))))
    assert read(tmp_path / "a.jsonl") == read(tmp_path / "b.jsonl") == [ONE, TWO]
    assert [published.place.line for published in read_releases(tmp_path / "a.jsonl")] == [1, 2]


def test_compressed_files(tmp_path: Path) -> None:
    text = json.dumps(package(ONE, TWO)).encode()
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(text))
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("2.json", json.dumps(package(TWO)))
        archive.writestr("1.jsonl", json.dumps(ONE))
        archive.writestr("read me.txt", "not this")
    assert read(tmp_path / "a.json.gz") == read(tmp_path / "b.zip") == [ONE, TWO]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (json.dumps(package(ONE, TWO)).encode()[:-900], "is not JSON"),
        (b"{}", "contains no releases"),
        (b"", "is not JSON|contains no releases"),
        (b"not json", "is not JSON"),
        (gzip.compress(json.dumps(package(ONE)).encode())[:-20], "ends early or is damaged"),
        (b"PK\x03\x04 damaged", "ends early or is damaged"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, complaint: str) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InvalidInput, match=complaint) as refused:
        read(tmp_path / "a.json")
    assert "a.json" in str(refused.value)


def test_a_line_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("\n".join((json.dumps(ONE), "{", json.dumps(TWO))))
    first, problem, last = read(tmp_path / "a.jsonl")
    assert (first, last) == (ONE, TWO)
    with pytest.raises(InvalidInput, match="line 2: is not JSON"):
        trim(problem, Tally(), Place())


def test_contact_points_and_contact_details_in_texts_are_dropped() -> None:
    tally = Tally()
    published = release(
        1, suppliers=(party("Steady Ltd"),), planning={"budget": {"uid": "x"}, "milestones": [{"id": 1}]}
    )
    kept = trim(published, tally, Place())
    text = json.dumps(kept)
    assert all(secret not in text for secret in (EMAIL, *PHONES, CONTACT["name"]))
    assert tally.counts == {"contact points": 2, "contact details in texts": 2}
    assert tally.fields["language"] == 1
    assert tally.fields["planning.budget.uid"] == 1
    assert kept["parties"][1]["address"] == {"postalCode": "LS1 4AB"}, "from the end of the street address"


@pytest.mark.parametrize(
    "wrong", [None, [], "x", {}, {"ocid": "o", "id": "1"}, {"ocid": "o", "id": "1", "date": "soon"}]
)
def test_a_value_that_is_not_a_release_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidInput):
        trim(wrong, Tally(), Place("f"))


def test_values_of_the_wrong_type_are_dropped() -> None:
    published = release(1)
    published["tender"] = {"title": 7, "value": "much", "items": {"id": 1}, "classification": None, "status": ["x"]}
    published["parties"] = "nobody"
    tally = Tally()
    kept = trim(published, tally, Place())
    assert kept["tender"] == {"value": {}, "items": [{"id": "1"}], "classification": None, "status": "x"}
    assert {(warning.field, warning.text) for warning in tally.warnings} == {
        ("tender.title", "7"),
        ("tender.value", "much"),
        ("parties", "nobody"),
    }


@pytest.mark.parametrize(
    "awards",
    [
        {"id": "1", "status": "active"},
        [{"id": "1", "status": "active"}],
        {"0": {"id": "1", "status": "active"}},
        {"a1": {"id": "1", "status": "Active "}},
        [{"id": 1.0, "status": ["active"]}],
    ],
)
def test_an_object_is_a_list_of_one(awards: Any) -> None:
    kept = trim(release(1) | {"awards": awards}, Tally(), Place())
    assert kept["awards"] == [{"id": "1", "status": "active"}]


def test_a_list_of_one_is_an_object_and_a_word_is_a_list() -> None:
    published = release(1) | {"tag": "award", "buyer": [{"id": "b", "name": "Council"}]}
    published["parties"] = {**party("Steady Ltd"), "roles": "supplier"}
    kept = trim(published, Tally(), Place())
    assert (kept["tag"], kept["buyer"]) == (["award"], {"id": "b", "name": "Council"})
    assert kept["parties"][0]["roles"] == ["supplier"]
    assert kept["parties"][0]["address"] == {"postalCode": "LS1 4AB"}


@pytest.mark.parametrize("part", [7, "x", True, [[]], ["x"], {"id": {"x": 1}}, [None, 3]])
@pytest.mark.parametrize("name", ["awards", "parties", "contracts", "tender", "buyer", "planning"])
def test_a_part_that_cannot_be_read_is_told_with_its_place(name: str, part: Any) -> None:
    tally = Tally(origin=Origin("a.json", "release 4"))
    kept = trim(release(1) | {name: part}, tally, Place())
    assert kept["ocid"]
    if part != [[]] and (name, part) != ("planning", {"id": {"x": 1}}):  # planning has no id
        assert {(warning.file, warning.place) for warning in tally.warnings} == {("a.json", "release 4")}


@pytest.mark.parametrize("key", ["releases", "records"])
@pytest.mark.parametrize("indent", [None, 1])
def test_a_package_with_an_object_in_place_of_its_list(tmp_path: Path, key: str, indent: int | None) -> None:
    value = {"version": "1.1", key: ONE if key == "releases" else {"ocid": "x", "compiledRelease": ONE}}
    (tmp_path / "a.json").write_text(json.dumps(value, indent=indent))
    assert read(tmp_path / "a.json") == [ONE]


LINK = {"url": "https://example.invalid/1", "date": "2025-03-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (package(ONE, LINK), "only a link to https://example.invalid/1"),
        ([ONE, LINK], "only a link"),
        ({"records": [ONE, {"ocid": "x", "releases": [LINK]}]}, "only a link"),
        ({"records": [ONE, {"ocid": "x", "versionedRelease": {"ocid": "x"}}]}, "record x holds only a versioned"),
        ({"records": [ONE, {"ocid": "x", "releases": [LINK], "versionedRelease": {}}]}, "record x holds only"),
        ({"records": [ONE, {"releases": {"url": "u"}, "versionedRelease": {}}]}, "without ocid"),
    ],
)
def test_what_holds_no_release_is_told(tmp_path: Path, value: Any, complaint: str) -> None:
    first, problem = read(written(tmp_path / "a.json", value))
    assert first == ONE
    with pytest.raises(InvalidInput, match=complaint):
        trim(problem, Tally(), Place("a.json"))


def test_releases_that_share_an_id_are_told_apart() -> None:
    tally, ids = Tally(), ReleaseIds()
    one, two = {**ONE, "id": "r"}, {**ONE, "id": "r", "title": "Other"}
    assert [ids.with_own_id(release, tally)["id"] for release in (one, two, one, two)] == ["r", "r~2", "r", "r~2"]
    assert tally.counts["releases that share an id"] == 2
    assert ReleaseIds().with_own_id(two, tally)["id"] == "r", "a correction in another file"


def test_points_in_time_are_compared_in_utc() -> None:
    published = release(1) | {"date": "2025-07-01T00:30:00+01:00"}
    assert trim(published, Tally(), Place())["date"] == "2025-06-30T23:30:00+00:00"
