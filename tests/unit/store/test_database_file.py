"""A SQLite file that is replaced, moved or removed while it is in use."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from matcher.foundations.errors import Unavailable
from matcher.records import Profile, Sector
from matcher.store import Store
from matcher.store.backup import back_up, restore

PROFILE = Profile(id="p1", name="Falls Prevention CIC", sector=Sector.CIC)


def replaced(path: Path) -> None:
    other = path.with_name("other.db")
    Store.open(f"sqlite:///{other}").close()
    other.replace(path)


def copied_over_after_removal(path: Path) -> None:
    copy = Path(shutil.copy(path, path.with_name("copy.db")))
    path.unlink()
    shutil.copy(copy, path)


WAYS: list[Callable[[Path], object]] = [
    replaced,
    copied_over_after_removal,
    Path.unlink,
    lambda path: path.rename(path.with_name("moved.db")),
]


@pytest.mark.parametrize("disturb", WAYS, ids=["replaced", "copied", "removed", "moved"])
def test_no_write_is_accepted_into_a_file_that_is_gone(tmp_path: Path, disturb: Callable[[Path], object]) -> None:
    path = tmp_path / "store.db"
    with Store.open(f"sqlite:///{path}") as store:
        with store.writing() as writer:
            writer.put(PROFILE)
        disturb(path)
        with pytest.raises(Unavailable, match="was replaced or removed") as refused, store.writing() as writer:
            writer.put(Profile(id="p2", name="Lost"))
        assert "matcher restore" in refused.value.remedy
        with pytest.raises(Unavailable, match="was replaced or removed"):
            store.sequence()


@pytest.mark.parametrize("disturb", WAYS, ids=["replaced", "copied", "removed", "moved"])
def test_a_write_in_progress_is_not_accepted_either(tmp_path: Path, disturb: Callable[[Path], object]) -> None:
    path = tmp_path / "store.db"
    with (
        Store.open(f"sqlite:///{path}") as store,
        pytest.raises(Unavailable, match="was replaced or removed"),
        store.writing() as writer,
    ):
        writer.put(PROFILE)
        disturb(path)


def test_a_restore_replaces_a_database_in_use(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with Store.open(url) as store:
        back_up(url, tmp_path / "backup")
        with store.writing() as writer:
            writer.put(PROFILE)
        restore(tmp_path / "backup", url)
        assert store.sequence() == 0
        with store.writing() as writer:
            writer.put(PROFILE)
        assert store.sequence() == 1


def test_a_database_is_used_under_its_path_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Store.open("sqlite:///store.db") as store:
        monkeypatch.chdir("/")
        with store.writing() as writer:
            writer.put(PROFILE)
