"""Files and folders that only their owner may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from matcher.foundations import owner_only


def make(path: Path, mode: int, *, folder: bool = False) -> Path:
    path.mkdir() if folder else path.write_text("x")
    path.chmod(mode)
    return path


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.lstat().st_mode) for path in folder.rglob("*") if not path.is_symlink()}


def test_an_exposed_folder_is_tightened_and_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    outside = make(tmp_path / "outside", 0o644)
    home = make(tmp_path / "home", 0o755, folder=True)
    make(home / "runs", 0o775, folder=True)
    make(home / "runs" / "result", 0o644)
    make(home / "tool", 0o755)
    make(home / "fine", 0o400)
    (home / "link").symlink_to(outside)
    owner_only.tighten(home, [])
    assert list(owner_only.exposed([home])) == []
    assert modes(home) == {"runs": 0o700, "result": 0o600, "tool": 0o700, "fine": 0o400}, "the owner's rights stay"
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644, "links are not followed"
    assert "home; now only its owner has (4 files and folders changed)" in caplog.text
    caplog.clear()
    owner_only.tighten(home, [])
    owner_only.tighten(tmp_path / "absent", [])
    assert caplog.text == ""


@pytest.mark.parametrize("kind", ["shared", "current", "above the current", "of the user"])
def test_only_its_parts_are_tightened_in_a_folder_with_other_files(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    shared = make(tmp_path / "shared", 0o1777 if kind == "shared" else 0o755, folder=True)
    make(shared / "notes", 0o644)
    make(shared / "index", 0o755, folder=True)
    make(shared / "index" / "CURRENT", 0o644)
    if kind == "of the user":
        monkeypatch.setenv("HOME", str(shared))
    elif kind != "shared":
        monkeypatch.chdir(shared / ("index" if kind == "above the current" else ""))
    before = shared.stat().st_mode
    owner_only.tighten(shared, [shared / "index", shared / "absent"])
    assert modes(shared) == {"notes": 0o644, "index": 0o700, "CURRENT": 0o600}
    assert shared.stat().st_mode == before
    assert "(2 files and folders changed)" in caplog.text
    owner_only.tighten_file(shared / "notes")
    assert modes(shared)["notes"] == 0o600
    assert "notes; now only its owner has" in caplog.text


def test_new_files_of_libraries_and_child_processes_are_owner_only(tmp_path: Path, no_umask: None) -> None:
    owner_only.restrict_new_files()
    (tmp_path / "file").write_text("x")
    os.system(f"mkdir {tmp_path / 'folder'}")
    assert modes(tmp_path) == {"file": 0o600, "folder": 0o700}
    with pytest.raises(FileExistsError):
        owner_only.create(tmp_path / "file")
