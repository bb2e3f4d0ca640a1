"""The command line: help, exit codes, one-line errors, and the output of `--json`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.commands import Command

COMMANDS = (
    "import", "search", "bulk", "evaluate", "serve", "train", "promote", "backup", "restore", "doctor", "ledger"
)  # fmt: skip
DEMO = Path(__file__).resolve().parents[3] / "data" / "demo"


@pytest.mark.parametrize("arguments", [(), *((name,) for name in COMMANDS)])
def test_every_command_has_help(command: Command, arguments: tuple[str, ...]) -> None:
    done = command(*arguments, "--help")
    assert (done.code, done.err) == (0, "")
    assert "Usage: matcher" in done.out
    assert arguments or all(name in done.out for name in COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("search", "x", "--unknown"),
        ("search", "x", "--top", "many"),
        ("import",),
        ("import", "dogs", "x"),
        ("bulk", "--needs", "missing.jsonl", "--out", "out"),
        ("evaluate",),
        ("--home",),
    ],
)
def test_a_usage_error_is_one_line_and_code_2(command: Command, arguments: tuple[str, ...]) -> None:
    refused = command(*arguments)
    assert refused.code == 2
    assert "matcher --help" in refused.complaint


def test_the_help_is_printed_without_a_command(command: Command) -> None:
    done = command()
    assert done.code == 2
    assert "Usage: matcher" in done.out + done.err


def register(tmp_path: Path) -> Path:
    lines = [
        {"id": "a", "name": "Falls [b]Clinic[/b]", "sector": "charity", "summary": "falls prevention for older people"},
        {"id": "b", "name": "Meals", "sector": "sme", "summary": "meals", "accreditations": [{"scheme": "DSPT"}]},
    ]
    file = tmp_path / "profiles.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    return file


def test_import_then_search_then_bulk(command: Command, tmp_path: Path) -> None:
    imported = command("import", "profiles", register(tmp_path), "--json")
    assert imported.err == ""
    report = json.loads(imported.out)
    assert {name: report[name] for name in ("files", "added", "updated", "unchanged", "rejected")} == {
        "files": 1, "added": 2, "updated": 0, "unchanged": 0, "rejected": 0,
    }  # fmt: skip
    searched = command("search", "falls prevention", "--json")
    assert (searched.code, searched.err) == (0, "")
    answer = json.loads(searched.out)
    assert [match["profile_id"] for match in answer["results"]] == ["a", "b"]
    for match in answer["results"]:
        assert {"profile_id", "name", "sector", "score", "reasons", "contributions", "evidence"} <= match.keys()
        assert sum(match["contributions"].values()) == pytest.approx(match["score"], abs=1e-9)
        assert all({"text", "source"} <= quote.keys() for quote in match["evidence"])

    only = json.loads(command("search", "falls", "--accreditation", "dspt", "--sector", "sme", "--json").out)
    assert [match["profile_id"] for match in only["results"]] == ["b"]
    none_eligible = command("search", "falls", "--sector", "cic")
    assert none_eligible.code == 0
    assert "No partner passes" in none_eligible.out
    assert "The register is empty. Import profiles" in command("--home", tmp_path / "empty", "search", "falls").out

    table = command("search", "falls prevention").out
    assert "Falls [b]Clinic[/b]" in table, "suppliers' text is not markup"
    assert "Says of itself: “falls prevention for older people”" in table
    assert "charity · place not known" in table
    assert "meaning +" not in table
    assert "meaning +" in command("search", "falls prevention", "--parts").out

    needs = tmp_path / "needs.jsonl"
    needs.write_text('{"id": "n1", "title": "Falls prevention", "requirements": {"sectors": ["charity"]}}')
    assert json.loads(command("import", "needs", needs, "--json").out)["added"] == 1
    stored = json.loads(command("search", "--need", "n1", "--json").out)
    assert [match["profile_id"] for match in stored["results"]] == ["a"]
    both = json.loads(command("search", "--need", "n1", "--ignore-requirements", "--json").out)
    assert len(both["results"]) == 2

    done = json.loads(command("bulk", "--needs", needs, "--out", tmp_path / "out", "--json").out)
    assert (done["needs"], done["matches"], done["unmatched"]) == (1, 1, [])
    assert all(Path(file).is_file() for file in done["files"])


def test_an_unknown_need_fails(command: Command) -> None:
    refused = command("search", "--need", "n9")
    assert refused.code == 1
    assert "there is no need 'n9'" in refused.complaint


def test_it_runs_as_a_module_and_exits_with_its_code(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "matcher", "--home", str(tmp_path / "home")]
    refused = subprocess.run([*program, "search"], capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("error: give either a description of the need or --need ID. ")
    assert refused.stderr.count("\n") == 1
