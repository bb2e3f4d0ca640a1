"""Files that are nearly JSON in UTF-8: UTF-16, NaN and Infinity are read, and faults are told with their place."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from matcher.foundations.errors import InvalidInput, Place
from matcher.sources.formats.depth_limit import NOT_A_NUMBER, DepthLimitedFile
from matcher.sources.ocds import read_releases, trim
from matcher.sources.statement import Tally
from tests.support.notices import package, release

ONE, TWO = release(1, tender={"title": "Café – naïve £5 𝛼"}), release(2)


def read(path: Path) -> list[Any]:
    return [published.release for published in read_releases(path)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("indent", [None, 2])
def test_utf_16_is_read(tmp_path: Path, encoding: str, indent: int | None) -> None:
    text = json.dumps(package(*[ONE, TWO] * 40), ensure_ascii=False, indent=indent)
    (tmp_path / "a.json").write_bytes(text.encode(encoding))
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(text.encode(encoding)))
    assert read(tmp_path / "a.json") == read(tmp_path / "b.json.gz") == [ONE, TWO] * 40


def test_lines_in_utf_16_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes("\n".join(map(json.dumps, (ONE, TWO))).encode("utf-16"))
    assert read(tmp_path / "a.jsonl") == [ONE, TWO]


@pytest.mark.parametrize("content", [b"\xff\xfe{\x00\x00\xdc", b"\xff\xfe{\x00\x00\xd8{\x00", b"{\x00\x00\xdc{\x00"])
def test_broken_utf_16_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InvalidInput, match=r"a\.json: is not UTF-16"):
        read(tmp_path / "a.json")


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("lines", [False, True])
def test_a_number_that_is_none_is_unknown_and_told(tmp_path: Path, word: str, lines: bool) -> None:
    notice = release(1, tender={"title": "NaN and -Infinity \\ NaN", "value": {"amount": 0, "currency": "GBP"}})
    text = json.dumps(notice).replace('"amount": 0', f'"amount": {word}').replace('"language": "en"', f'"title":{word}')
    path = tmp_path / "a.json"
    path.write_text(f"{text}\n{text}\n" if lines else f'{{"releases": [{text},\n{text}]}}')
    for published in read(path):
        tally = Tally()
        kept = trim(published, tally, Place())
        assert "amount" not in kept["tender"]["value"]
        assert "title" not in kept, "it does not withdraw an earlier title either"
        assert kept["tender"]["title"] == "NaN and -Infinity \\ NaN"
        assert {warning.field for warning in tally.warnings} == {"title", "tender.value.amount"}


@pytest.mark.parametrize("size", range(1, 40))
def test_words_are_found_wherever_the_file_is_cut(size: int) -> None:
    text = b'{"a":NaN,"NaN":"\\"NaN\\\\","b":[-Infinity,"-Infinity"],"c":Infinity, "Na":"N"}'
    file = DepthLimitedFile(io.BytesIO(text), "a.json")
    value = json.loads(b"".join(iter(lambda: file.read(size), b"")))
    none = NOT_A_NUMBER
    assert value == {"a": none, "NaN": '"NaN\\', "b": [none, "-Infinity"], "c": none, "Na": "N"}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b'{"releases": [\n{"ocid": }]}', "at line 2, column 10"),
        (b'{"releases": [{"ocid": "x"}', "at line 1, column 28"),
        (b'{"releases": [{"ocid": "\xff"}]}', "is not UTF-8 at byte 25"),
        (b'{"releases": [{"ocid": Nan}]}', "at line 1, column 24"),
        (b'{"releases": [{"ocid": 1,}]}', "at line 1"),
        (b"'releases'", "at line 1, column 1"),
    ],
)
def test_a_fault_is_told_with_its_line_and_column(tmp_path: Path, content: bytes, fault: str) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InvalidInput, match=fault) as refused:
        read(tmp_path / "a.json")
    assert not any(word in str(refused.value) for word in ("lexical", "yajl", "codec", "<"))
