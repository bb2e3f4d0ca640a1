"""Whichever command writes it, and whatever the umask, only the owner has access to what an installation keeps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matcher.foundations import owner_only
from matcher.store import Store
from tests.support.commands import Command

pytestmark = pytest.mark.usefixtures("no_umask")

CONTACT = {"name": "Anna Field", "email": "anna@steps.example"}


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A folder with a file of profiles, one of which is unusable, and a file of needs."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    profiles = [{"id": "a", "name": "Falls Clinic", "summary": "falls classes", "contact": CONTACT}, {"id": "?"}]
    (folder / "profiles.jsonl").write_text("\n".join(map(json.dumps, profiles)))
    (folder / "needs.jsonl").write_text(json.dumps({"id": "n", "title": "Fewer falls"}))
    (folder / "needs.csv").write_text("title,value\nFewer falls,5\nMore steps,many\n")
    return folder


def run_everything(command: Command, inputs: Path, home: Path) -> None:
    """Run every command that writes files, each into the home."""
    needs, table = ("--needs", inputs / "needs.jsonl"), ("--needs", inputs / "needs.csv")
    for call in (
        ("import", "profiles", inputs / "profiles.jsonl", "--on-error", "skip"),
        ("import", "needs", inputs / "needs.jsonl"),
        ("search", "falls", "--top", "1"),
        ("bulk", *needs, "--out", home / "matches"),
        ("programme", "match", *table, "--name", "Falls", "--out", home / "falls", "--on-error", "skip"),
        ("programme", "template", home / "template.xlsx"),
        ("ledger", "export", "--out", home / "ledger.jsonl"),
        ("alerts", "--out", home / "letters"),
        ("backup", home / "backups" / "today"),
        ("restore", home / "backups" / "today", "--replace"),
        ("doctor",),
    ):
        done = command(*call)
        assert done.code == 0, (call, done)


def test_every_file_of_an_installation_is_owner_only(
    command: Command, inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "above" / "home"
    monkeypatch.setenv("MATCHER_HOME", str(home))
    run_everything(command, inputs, home)
    assert {"register.sqlite", "index", "programmes", "import-rejects", "backups"} <= {p.name for p in home.iterdir()}
    assert list(owner_only.exposed([tmp_path / "above"])) == []
    assert command("--home", tmp_path / "new", "restore", home / "backups" / "today").code == 0
    assert list(owner_only.exposed([tmp_path / "new"])) == []


def test_a_database_is_owner_only_while_it_is_in_use(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store, store.writing():
        assert {path.suffix for path in tmp_path.iterdir()} == {".db", ".db-wal", ".db-shm"}
        assert list(owner_only.exposed(tmp_path.iterdir())) == []


def test_an_older_home_is_reported_and_tightened(
    command: Command, inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("MATCHER_DATABASE_URL", f"sqlite:///{tmp_path / 'elsewhere.sqlite'}")
    assert command("import", "profiles", inputs / "profiles.jsonl", "--on-error", "skip").code == 0
    for path in (home, tmp_path / "elsewhere.sqlite", *home.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)

    reported = {check["name"]: check for check in json.loads(command("doctor", "--json").out)}["permissions"]
    assert not reported["well"]
    assert "other users of this machine have access to" in reported["said"]
    assert f"chmod -R go= {home}" in reported["said"]

    assert command("search", "falls", "--json").code == 0
    assert "home; now only its owner has" in caplog.text
    assert "elsewhere.sqlite; now only its owner has" in caplog.text
    assert list(owner_only.exposed([home, tmp_path / "elsewhere.sqlite"])) == []
    assert command("doctor").code == 0
