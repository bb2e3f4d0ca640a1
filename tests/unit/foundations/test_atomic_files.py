"""Files that are whole or absent."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcher.foundations import atomic_files


def test_the_new_takes_the_place_of_the_old(tmp_path: Path) -> None:
    for content in (b"old", b"new", b""):
        atomic_files.write(tmp_path / "file", content)
        assert (tmp_path / "file").read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["file"], "nothing is left beside it"


def test_what_cannot_be_written_leaves_things_as_they_were(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    with pytest.raises(OSError, match="taken"):
        atomic_files.write(taken, b"content")  # a file cannot take the place of a folder
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
    with pytest.raises(FileNotFoundError):
        atomic_files.write(tmp_path / "nowhere" / "file", b"content")
