"""JSON Lines: each line is accepted or rejected on its own."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matcher.foundations.errors import InvalidInput
from matcher.records import Contact, Need, Profile, Sector
from matcher.sources.formats.jsonl import Accepted, Line, Rejected, read, read_records
from matcher.sources.formats.limits import MAX_LINE

GOOD = b'{"id": "p1", "name": "Falls Prevention CIC", "sector": "cic"}'
PROFILE = Profile(id="p1", name="Falls Prevention CIC", sector=Sector.CIC)


def lines_of(tmp_path: Path, content: bytes) -> list[Line[Profile]]:
    path = tmp_path / "profiles.jsonl"
    path.write_bytes(content)
    return list(read(path, Profile))


def only(lines: list[Line[Profile]]) -> Rejected:
    [line] = lines
    assert isinstance(line, Rejected)
    return line


def with_field(field: str) -> bytes:
    return GOOD[:-1] + b", " + field.encode() + b"}"


BAD_LINES = {
    "not json": (b"name,sector", None, "is not JSON"),
    "half a line": (GOOD[:-9], None, "is not JSON"),
    "two values": (GOOD + b" " + GOOD, None, "is not JSON"),
    "a list": (b'["p1"]', None, "not a JSON object"),
    "a text": (b'"p1"', None, "not a JSON object"),
    "null": (b"null", None, "not a JSON object"),
    "latin-1": ('{"id": "p1", "name": "Café"}'.encode("latin-1"), None, "not UTF-8 at byte 26"),
    "utf-16": (b"\xff\xfe" + "{}".encode("utf-16-le"), None, "not UTF-8 at byte 1"),
    "a null byte": (b'{"id": "p1\0"}', None, "is not JSON"),
    "NaN": (with_field('"turnover": NaN'), None, "NaN is not a number"),
    "infinity": (with_field('"turnover": -Infinity'), None, "-Infinity is not a number"),
    "infinity by exponent": (with_field('"turnover": 1e999'), "turnover", "must be a number"),
    "too many digits": (with_field('"turnover": ' + "9" * 5000), None, "too many digits"),
    "an amount that is too large": (with_field('"turnover": 1e16'), "turnover", "less than or equal"),
    "a field twice": (with_field('"name": "Another"'), "name", "appears twice"),
    "an inner field twice": (with_field('"coverage": {"national": true, "national": false}'), "national", "twice"),
    "nested too deeply": (with_field('"extra": ' + "[" * 100_000 + "]" * 100_000), None, "nested too deeply"),
    "objects too deep": (with_field('"extra": ' + '{"a":' * 50_000 + "1" + "}" * 50_000), None, "nested too deeply"),
    "a lone surrogate in the id": (b'{"id": "p\\ud800", "name": "P"}', "id", ""),
    "no id": (b'{"name": "P"}', "id", "is missing"),
    "a null id": (b'{"id": null, "name": "P"}', "id", "is missing"),
    "a number as id": (b'{"id": 1, "name": "P"}', "id", "must be text"),
    "a name without words": (b'{"id": "p1", "name": "---"}', "name", "must contain a letter"),
    "a text as list": (with_field('"capabilities": "care"'), "capabilities", "must be a list"),
    "an unknown sector": (b'{"id": "p1", "name": "P", "sector": "guild"}', "sector", ""),
    "an unknown inner field": (with_field('"coverage": {"world": true}'), "coverage.world", "not a field"),
    "an invalid date": (
        with_field('"track_record": [{"title": "T", "date": "2026-02-30"}]'),
        "track_record.0.date",
        "",
    ),
    "a bad contact": (with_field('"contact": {"email": "nobody"}'), "contact.email", ""),
    "a contact that is not an object": (with_field('"contact": "Anna"'), "contact", "must be an object"),
    "too long a line": (with_field('"summary": "' + "a" * MAX_LINE + '"'), None, "longer than 1,048,576 bytes"),
}


@pytest.mark.parametrize("case", BAD_LINES)
def test_a_bad_line_is_rejected_with_its_place_and_the_next_is_read(tmp_path: Path, case: str) -> None:
    content, field, problem = BAD_LINES[case]
    bad, good = lines_of(tmp_path, content + b"\n" + GOOD + b"\n")
    assert isinstance(bad, Rejected)
    assert problem in bad.problem.problem
    assert bad.problem.remedy
    assert (bad.problem.place.line, bad.problem.place.field) == (1, field)
    assert str(bad.problem.place.file).endswith("profiles.jsonl")
    assert isinstance(good, Accepted)
    assert (good.record, good.number) == (PROFILE, 2)


def test_the_text_of_a_bad_line_is_kept(tmp_path: Path) -> None:
    assert only(lines_of(tmp_path, "{é".encode() + b"\xff\r\n")).text == "{é\\xff"


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD + b"\n",
        b"\xef\xbb\xbf" + GOOD + b"\r\n",
        b"\n \n\t\r\n" + GOOD + b"\n\n",
        gzip.compress(GOOD + b"\n"),
        gzip.compress(GOOD[:20]) + gzip.compress(GOOD[20:]),
    ],
    ids=["no end of line", "plain", "byte order mark", "empty lines", "gzip", "gzip in two members"],
)
def test_equivalent_forms_of_one_record(tmp_path: Path, content: bytes) -> None:
    [line] = lines_of(tmp_path, content)
    assert isinstance(line, Accepted)
    assert line.record == PROFILE


@pytest.mark.parametrize("length", [MAX_LINE - 1, MAX_LINE, MAX_LINE + 1, MAX_LINE + 70_000])
def test_the_limit_of_a_line_is_exact(tmp_path: Path, length: int) -> None:
    filled = GOOD[:-1] + b', "x": "' + b"a" * (length - len(GOOD) - 9) + b'"}'
    assert len(filled) == length
    [line] = lines_of(tmp_path, filled)
    assert isinstance(line, Accepted if length <= MAX_LINE else Rejected)


def test_a_null_is_a_missing_field(tmp_path: Path) -> None:
    field = '"summary": null, "coverage": {"national": null}, "contact": null, "extra": null'
    [line] = lines_of(tmp_path, with_field(field))
    assert isinstance(line, Accepted)
    assert (line.record, line.contact, line.ignored) == (PROFILE, None, ())


def test_lone_surrogates_are_removed_from_texts(tmp_path: Path) -> None:
    [line] = lines_of(tmp_path, with_field('"summary": "Falls \\ud83d", "odd\\ud83d": 1'))
    assert isinstance(line, Accepted)
    assert (line.record.summary, line.ignored) == ("Falls", ("odd\\ud83d",))


def test_the_contact_is_split_off(tmp_path: Path) -> None:
    [line] = lines_of(tmp_path, with_field('"contact": {"name": "Anna Field", "email": "anna@example.org"}'))
    assert isinstance(line, Accepted)
    assert line.contact == Contact(name="Anna Field", email="anna@example.org")
    assert "anna" not in line.record.model_dump_json()


def test_a_need_has_no_contact_and_other_fields_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "needs.jsonl"
    path.write_text('{"id": "n1", "title": "T", "health": true, "contact": {"name": 3}}')
    [line] = read(path, Need)
    assert isinstance(line, Accepted)
    assert (line.record, line.contact, line.ignored) == (Need(id="n1", title="T"), None, ("health", "contact"))


def test_the_second_line_with_an_id_is_rejected(tmp_path: Path) -> None:
    other = b'{"id": "p2", "name": "Q"}'
    first, _, second, third = lines_of(tmp_path, b"\n".join([GOOD, other, GOOD, GOOD]))
    assert isinstance(first, Accepted)
    for line, number in ((second, 3), (third, 4)):
        assert isinstance(line, Rejected)
        assert "already the id of line 1" in line.problem.problem
        assert (line.problem.place.line, line.problem.place.field) == (number, "id")


def test_a_rejected_line_does_not_reserve_its_id(tmp_path: Path) -> None:
    bad, good = lines_of(tmp_path, b'{"id": "p1", "name": ""}\n' + GOOD)
    assert isinstance(bad, Rejected)
    assert isinstance(good, Accepted)


@pytest.mark.parametrize("content", [b"", b"\n\n  \n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_a_file_without_records_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidInput, match="contains no records"):
        lines_of(tmp_path, content)


def test_a_damaged_compressed_file_is_refused_after_its_good_lines(tmp_path: Path) -> None:
    many = b"".join(b'{"id": "p%d", "name": "P"}\n' % number for number in range(12_000))
    path = tmp_path / "profiles.jsonl.gz"
    for damaged in (gzip.compress(many)[:-200], gzip.compress(many)[:-8] + b"\0" * 8, gzip.compress(many) + b"rubbish"):
        path.write_bytes(damaged)
        lines = read(path, Profile)
        assert isinstance(next(lines), Accepted)
        with pytest.raises(InvalidInput, match="ends early or is damaged") as refused:
            list(lines)
        assert refused.value.place.file == str(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such file"):
        list(read(tmp_path / "missing.jsonl", Profile))
    with pytest.raises(InvalidInput, match="directory"):
        list(read(tmp_path, Profile))


def test_a_line_of_50_megabytes_needs_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(50):
            file.write(b"a" * 1_000_000)
        file.write(b"\n" + GOOD)
    tracemalloc.start()
    long, good = read(path, Profile)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(long, Rejected)
    assert isinstance(good, Accepted)
    assert len(long.content) == MAX_LINE
    assert peak < 8_000_000


def test_the_position_grows_to_the_size_of_the_file(tmp_path: Path) -> None:
    content = b"".join(b'{"id": "p%d", "name": "P"}\n' % number for number in range(9_000))
    positions = [line.position for line in lines_of(tmp_path, content)]
    assert positions == sorted(positions)
    assert positions[0] < positions[-1] == len(content)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from([*Profile.model_fields, "contact", "extra"])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(min_size=1, max_size=200) | st.dictionaries(fields, json_values).map(lambda v: json.dumps(v).encode()))
def test_any_bytes_are_accepted_or_rejected_lines(tmp_path: Path, content: bytes) -> None:
    try:
        lines = lines_of(tmp_path, content)
    except InvalidInput:
        assert not content.removeprefix(b"\xef\xbb\xbf").strip() or content.startswith(b"\x1f\x8b")
    else:
        assert all(isinstance(line, Accepted) or line.problem.remedy for line in lines)


def test_records_end_at_the_first_rejected_line_unless_rejected_lines_are_collected(tmp_path: Path) -> None:
    path = tmp_path / "profiles.jsonl"
    path.write_bytes(GOOD + b'\n{"id": "p2"}\n{"id": "p3", "name": "Q"}\n')
    records = read_records(path, Profile)
    assert next(records) == PROFILE
    with pytest.raises(InvalidInput, match="line 2, name: is missing"):
        next(records)
    rejected: list[Rejected] = []
    found = list(read_records(path, Profile, on_rejected=rejected.append))
    assert [record.id for record in found] == ["p1", "p3"]
    assert [line.number for line in rejected] == [2]
