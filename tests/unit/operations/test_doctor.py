"""Backup, restore and doctor as a user has them."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest

from tests.support.commands import Command


@pytest.fixture
def home(command: Command, tmp_path: Path) -> Path:
    """A home with one profile."""
    (tmp_path / "profiles.jsonl").write_text(json.dumps({"id": "a", "name": "Falls Clinic"}))
    assert command("import", "profiles", tmp_path / "profiles.jsonl").code == 0
    return tmp_path / "home"


def checks(command: Command) -> dict[str, dict[str, object]]:
    return {check["name"]: check for check in json.loads(command("doctor", "--json").out)}


def test_nothing_is_cut_off(command: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home.exists()
    monkeypatch.setenv("COLUMNS", "60")
    assert "…" not in command("doctor").out, "the last hash of the ledger is there to be noted"


def test_all_is_well(command: Command, home: Path) -> None:
    assert home.exists()
    done = command("doctor")
    assert (done.code, done.err) == (0, "")
    assert all(check["well"] for check in checks(command).values())
    assert checks(command)["database"]["said"] == "1 profiles, 0 needs, 1 revisions, all sound"


def test_a_damaged_database_is_told(command: Command, home: Path) -> None:
    (home / "register.sqlite").write_bytes(b"nonsense" * 1_000)
    for name in ("register.sqlite-wal", "register.sqlite-shm"):
        (home / name).unlink(missing_ok=True)
    done = command("doctor", "--json")
    assert done.code == 1
    found = {check["name"]: check for check in json.loads(done.out)}
    assert not found["database"]["well"]
    assert "not a database" in str(found["database"]["said"])
    assert found["encoder"]["well"], "one fault hides no other part"


def test_a_damaged_index_is_nothing_to_worry_about(command: Command, home: Path) -> None:
    for file in (home / "index").rglob("*.npy"):
        file.write_bytes(b"x")
    found = checks(command)["index"]
    assert found["well"]
    assert "built anew" in str(found["said"])
    shutil.rmtree(home / "index")
    assert "none written yet" in str(checks(command)["index"]["said"])


def test_a_missing_model_is_told(command: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHER_RANKING_MODEL", str(home))
    assert not checks(command)["ranking model"]["well"]


def test_there_and_back(command: Command, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    assert command("backup", file).code == 0
    assert "is there already" in command("backup", file).complaint
    assert command("backup", file, "--replace").code == 0
    assert "--replace" in command("restore", file).complaint
    assert command("restore", file, "--replace").code == 0
    assert len(list((home / "backups").iterdir())) == 1, "what was there is kept"
    assert command("--home", tmp_path / "new", "restore", file).code == 0
    for made in (home, tmp_path / "new"):
        assert stat.filemode(made.stat().st_mode) == "drwx------", "contact data is in it"
    found = json.loads(command("--home", tmp_path / "new", "search", "falls", "--json").out)
    assert [result["profile_id"] for result in found["results"]] == ["a"]
