"""Judged needs: folders are joined, and judgements that no need explains are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matcher.foundations.errors import InvalidInput
from matcher.training.judged_needs import digest_of_judgements, read_judged_needs


def folder(path: Path, needs: list[str], grades: dict[str, int]) -> Path:
    """Write a folder that grades the profile "p" for each need in `grades`."""
    path.mkdir()
    lines = [json.dumps({"id": id, "title": f"Need {id}"}) for id in needs]
    (path / "needs.jsonl").write_text("\n".join(lines))
    (path / "qrels.tsv").write_text("".join(f"{id}\t0\tp\t{grade}\n" for id, grade in grades.items()))
    return path


def test_folders_are_joined_in_order_without_unjudged_needs(tmp_path: Path) -> None:
    one = folder(tmp_path / "one", ["b", "unjudged", "a"], {"a": 0, "b": 3})
    two = folder(tmp_path / "two", ["c"], {"c": 1})
    judged = read_judged_needs([one, two])
    assert [(each.need.id, dict(each.grades)) for each in judged] == [("b", {"p": 3}), ("a", {"p": 0}), ("c", {"p": 1})]
    assert read_judged_needs([]) == []
    assert digest_of_judgements(judged) == digest_of_judgements(read_judged_needs([one, two]))
    assert digest_of_judgements(judged) != digest_of_judgements(judged[1:])


def test_judgements_of_an_unknown_need_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="need z is judged"):
        read_judged_needs([folder(tmp_path / "one", ["a"], {"a": 1, "z": 2})])


def test_a_need_in_two_folders_is_an_error(tmp_path: Path) -> None:
    folders = [folder(tmp_path / name, ["a"], {"a": 1}) for name in ("one", "two")]
    with pytest.raises(InvalidInput, match="need a appears twice"):
        read_judged_needs(folders)


def test_a_missing_file_and_a_bad_line_are_errors(tmp_path: Path) -> None:
    one = folder(tmp_path / "one", ["a"], {"a": 1})
    (one / "needs.jsonl").write_text('{"id": "a"}')
    with pytest.raises(InvalidInput, match="title"):
        read_judged_needs([one])
    (one / "qrels.tsv").unlink()
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_judged_needs([one])
