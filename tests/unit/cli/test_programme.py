"""`matcher programme`: from a spreadsheet to a report, or to an error in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.commands import Command

PROFILES = [
    {"id": "p1", "name": "Steady On", "summary": "falls clinic for older people", "sector": "charity"},
    {"id": "p2", "name": "Meals [Home]", "summary": "hot meals at home", "sector": "sme"},
]
NEEDS = "Ref;Need;Budget\nn1;Falls clinic;£1.2m\nn2;Meals – at home;\nn3;;lots\n"


@pytest.fixture
def filled(command: Command, tmp_path: Path) -> Command:
    file = tmp_path / "profiles.jsonl"
    file.write_text("".join(json.dumps(profile) + "\n" for profile in PROFILES))
    assert command("import", "profiles", file).code == 0
    (tmp_path / "needs.csv").write_bytes(NEEDS.encode("cp1252"))
    return command


def test_a_spreadsheet_is_matched(filled: Command, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = filled(
        "programme", "match", "--name", "Winter [2026]", "--region", "London", "--needs", tmp_path / "needs.csv",
        "--map", "value=Budget", "--on-error", "skip", "--capacity", 1, "--out", out, "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    result = json.loads(done.out)
    assert (result["needs"], result["matches"], result["refused"]) == (2, 4, 1)
    assert result["read_as"] == "CSV, UTF-8, but 2 lines Windows-1252, delimiter semicolon"
    assert [way["most"] for way in result["assignments"]][1:] == [1, 1]
    assert all(Path(file).exists() for file in result["files"])
    assert "lots" in Path(result["rejects_file"]).read_text(encoding="utf-8-sig")
    kept = [json.loads(line) for line in (out / "needs.jsonl").read_text().splitlines()]
    assert [need["region"] for need in kept] == ["London", "London"]
    assert "Winter [2026]" in (out / "report.html").read_text()


def test_stored_needs_are_matched(filled: Command, tmp_path: Path) -> None:
    file = tmp_path / "needs.jsonl"
    file.write_text('{"id": "a", "title": "Falls", "stage": "tender"}\n{"id": "b", "title": "Meals"}\n')
    assert filled("import", "needs", file).code == 0
    common = ("programme", "match", "--name", "P", "--stored", "--out", tmp_path / "out")
    assert "2 needs (stored needs), 4 matches" in filled(*common).out
    assert "1 needs (stored needs), 2 matches" in filled(*common, "--where-stage", "tender").out
    assert "no stored need is selected" in filled(*common, "--where-words", "nothing like it").complaint
    assert "is not a region" in filled(*common, "--where-region", "Mars").complaint


def test_wrong_calls_give_one_line(filled: Command, tmp_path: Path) -> None:
    needs, out = tmp_path / "needs.csv", tmp_path / "out"
    common = ("programme", "match", "--name", "P", "--out", out)
    assert "either --needs FILE or --stored" in filled(*common).complaint
    assert "Replace --needs with --stored" in filled(*common, "--needs", needs, "--where-open").complaint
    bad = filled(*common, "--needs", needs)
    assert bad.code == 1
    assert "line 4, title: is missing" in bad.complaint
    assert (
        "not a known region, place or NHS organisation"
        in filled(*common, "--needs", needs, "--region", "Mars").complaint
    )
    assert "there is no column" in filled(*common, "--needs", needs, "--map", "title=Nix").complaint
    assert "names 'price', which is not a field" in filled(*common, "--needs", needs, "--map", "price=Budget").complaint
    assert not list(out.glob("*")), "nothing is half written"


def test_a_preview_shows_needs_and_problems(filled: Command, tmp_path: Path) -> None:
    done = filled("programme", "preview", tmp_path / "needs.csv")
    assert done.code == 0
    text = " ".join(done.out.split())  # independent of the width of the console
    assert "CSV, UTF-8, but 2 lines Windows-1252, delimiter semicolon, column names in row 1" in text
    assert "2 needs, 1 rows refused" in text
    assert "title='Need'" in text
    assert "row 4, title: is missing" in done.err
    preview = json.loads(filled("programme", "preview", tmp_path / "needs.csv", "--json").out)
    assert preview["needs"]["2"]["value"] == 1_200_000


def test_a_template_does_not_overwrite_a_file(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "needs.xlsx"
    assert command("programme", "template", file).code == 0
    assert "already exists" in command("programme", "template", file).complaint
    assert command("programme", "template", file, "--force").code == 0
    assert command("programme", "preview", file).code == 0
