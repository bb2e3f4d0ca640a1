"""Files are complete or absent."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from matcher.foundations import atomic_files, owner_only


def test_a_new_file_replaces_the_old_one(tmp_path: Path) -> None:
    for content in (b"old", b"new", b""):
        atomic_files.write(tmp_path / "file", content)
        assert (tmp_path / "file").read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["file"], "nothing is left beside it"


def test_a_failed_write_changes_nothing(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    with pytest.raises(OSError, match="taken"):
        atomic_files.write(taken, b"content")  # a file cannot replace a folder
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
    with pytest.raises(FileNotFoundError):
        atomic_files.write(tmp_path / "nowhere" / "file", b"content")


def test_a_file_written_in_steps_appears_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    atomic_files.part_of(path).write_bytes(b"left by a killed process")
    with atomic_files.replacing(path) as part:
        assert part.read_bytes() == b""
        part.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    with pytest.raises(ValueError, match="broken"), atomic_files.replacing(path) as part:
        part.write_bytes(b"half")
        raise ValueError("broken")
    assert path.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["file"], "nothing is left beside it"


def test_files_are_owner_only_whatever_the_umask(tmp_path: Path, no_umask: None) -> None:
    with atomic_files.replacing(tmp_path / "one") as part:
        part.write_bytes(b"secret")
    atomic_files.write(tmp_path / "other", b"secret")
    atomic_files.write(tmp_path / "model", b"public", owner_only.PUBLIC_FILE)
    modes = {path.name: stat.filemode(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"one": "-rw-------", "other": "-rw-------", "model": "-rw-r--r--"}


def test_files_and_folders_are_published_together(tmp_path: Path) -> None:
    (tmp_path / "new-folder").mkdir()
    (tmp_path / "new-folder" / "file").write_bytes(b"1")
    (tmp_path / "new-file").write_bytes(b"2")
    atomic_files.publish({tmp_path / f"new-{name}": tmp_path / name for name in ("folder", "file")})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
    (tmp_path / "new-file").write_bytes(b"3")
    with pytest.raises(FileNotFoundError):
        atomic_files.publish({tmp_path / "new-file": tmp_path / "file", tmp_path / "absent": tmp_path / "other"})
    assert (tmp_path / "file").read_bytes() == b"2", "nothing moves before everything is on the disk"
