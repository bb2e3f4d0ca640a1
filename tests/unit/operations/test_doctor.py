"""Backup, restore and doctor as a user runs them."""

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


def test_no_message_is_cut_off(command: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home.exists()
    monkeypatch.setenv("COLUMNS", "60")
    assert "…" not in command("doctor").out, "the last hash of the ledger is complete, so that it can be noted"


def test_every_check_passes(command: Command, home: Path) -> None:
    assert home.exists()
    done = command("doctor")
    assert (done.code, done.err) == (0, "")
    assert all(check["well"] for check in checks(command).values())
    assert checks(command)["database"]["said"] == "1 profiles, 0 needs, 1 revisions, all intact"


def test_a_damaged_database_is_reported(command: Command, home: Path) -> None:
    (home / "register.sqlite").write_bytes(b"nonsense" * 1_000)
    for name in ("register.sqlite-wal", "register.sqlite-shm"):
        (home / name).unlink(missing_ok=True)
    done = command("doctor", "--json")
    assert done.code == 1
    reported = {check["name"]: check for check in json.loads(done.out)}
    assert not reported["database"]["well"]
    assert "not a database" in str(reported["database"]["said"])
    assert reported["encoder"]["well"], "a problem does not stop the other checks"


def test_a_damaged_index_is_not_a_problem(command: Command, home: Path) -> None:
    for file in (home / "index").rglob("*.npy"):
        file.write_bytes(b"x")
    check = checks(command)["index"]
    assert check["well"]
    assert "will rebuild it" in str(check["said"])
    shutil.rmtree(home / "index")
    assert "not built yet" in str(checks(command)["index"]["said"])


def test_a_missing_model_is_reported(command: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHER_RANKING_MODEL", str(home))
    assert not checks(command)["ranking model"]["well"]


def test_a_backup_restores_the_register(command: Command, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    assert command("backup", file).code == 0
    assert "already exists" in command("backup", file).complaint
    assert command("backup", file, "--replace").code == 0
    assert "--replace" in command("restore", file).complaint
    assert command("restore", file, "--replace").code == 0
    assert len(list((home / "backups").iterdir())) == 1, "the previous register is backed up"
    assert command("--home", tmp_path / "new", "restore", file).code == 0
    for folder in (home, tmp_path / "new"):
        assert stat.filemode(folder.stat().st_mode) == "drwx------", "it holds contact details"
    answer = json.loads(command("--home", tmp_path / "new", "search", "falls", "--json").out)
    assert [result["profile_id"] for result in answer["results"]] == ["a"]
