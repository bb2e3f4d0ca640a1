"""Paths are expanded to files in a fixed order."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcher.foundations.errors import InvalidInput
from matcher.foundations.paths import display_path
from matcher.sources.formats.files import find_files


def test_a_folder_stands_for_the_files_below_it_sorted(tmp_path: Path) -> None:
    (tmp_path / "b" / "deep").mkdir(parents=True)
    (tmp_path / "folder.jsonl").mkdir()
    for name in ("b/deep/2.jsonl.gz", "b/1.jsonl", "a.jsonl", "notes.txt", "c.json", "d.gz"):
        (tmp_path / name).touch()
    assert [str(file.relative_to(tmp_path)) for file in find_files([tmp_path])] == [
        "a.jsonl",
        "b/1.jsonl",
        "b/deep/2.jsonl.gz",
    ]


def test_a_file_stands_for_itself_whatever_its_name_and_only_once(tmp_path: Path) -> None:
    first, second = tmp_path / "export.txt", tmp_path / "a.jsonl"
    first.touch()
    second.touch()
    assert find_files([first, tmp_path, second, tmp_path / "." / "export.txt"]) == [first, second]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("missing.jsonl", "no such file"),
        ("empty", "contains no file"),
        ("nul\0", "cannot be read"),
        ("x" * 300, "cannot"),
    ],
)
def test_a_path_without_files_is_refused(tmp_path: Path, name: str, problem: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput, match=problem) as refused:
        find_files([tmp_path / name])
    assert refused.value.remedy
    assert refused.value.place.file == display_path(tmp_path / name)
