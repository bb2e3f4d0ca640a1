"""Backup and restore on each kind of database on disk: nothing is lost, and an open store continues to work."""

from __future__ import annotations

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from matcher.foundations.errors import InvalidInput, Unavailable
from matcher.records import Contact, Profile
from matcher.store import RecordKind, Store
from matcher.store.backup import back_up, restore

ANNA = Contact(name="Anna Field", email="anna.field@example.org")


def put(store: Store, *ids: str) -> None:
    with store.writing() as writer:
        writer.put_many((Profile(id=id, name=f"Falls {id}"), ANNA) for id in ids)


def test_a_backup_restores_everything(server_url: str, tmp_path: Path) -> None:
    file = tmp_path / "backups" / "register"
    with Store.open(server_url) as store:
        put(store, "a", "b")
        back_up(server_url, file)
        put(store, "c")
        with store.writing() as writer:
            writer.withdraw(RecordKind.PROFILE, "a")
        restore(file, server_url)
        assert store.sequence() == 2, "an open store sees the restored contents"
        assert store.profile("a").record.name == "Falls a"
        assert store.contact("a") == ANNA
        assert store.problems() == []
        put(store, "d")
    with Store.open(server_url) as store:
        assert list(store.profiles(["a", "b", "c", "d"])) == ["a", "b", "d"]
        assert store.problems() == []
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_backup_during_writes_is_consistent(server_url: str, tmp_path: Path) -> None:
    with Store.open(server_url) as store:
        put(store, "first")
        with ThreadPoolExecutor(1) as writer:
            writing = [writer.submit(put, store, *(f"{batch}-{n}" for n in range(50))) for batch in range(6)]
            files = [tmp_path / f"backup-{n}" for n in range(3)]
            for file in files:
                back_up(server_url, file)
            for done in writing:
                done.result()
        for file in files:
            restore(file, server_url)
            assert store.sequence() % 50 == 1
            assert store.counts()["profiles"] == store.sequence()
            assert store.problems() == []


def test_a_file_that_is_not_a_backup_is_refused_and_nothing_changes(server_url: str, tmp_path: Path) -> None:
    with Store.open(server_url) as store:
        put(store, "a")
        back_up(server_url, tmp_path / "good")
        content = (tmp_path / "good").read_bytes()
        wrong = {
            "empty": b"",
            "text": b"a text\n",
            "torn": content[: len(content) // 2],
            "other": b"PGDMP" if content.startswith(b"SQLite") else b"SQLite format 3\0",
        }
        for name, bytes_ in wrong.items():
            (tmp_path / name).write_bytes(bytes_)
            with pytest.raises((InvalidInput, Unavailable)):
                restore(tmp_path / name, server_url)
            assert store.profile("a").record.name == "Falls a"
            assert store.problems() == []
        with pytest.raises(InvalidInput, match="cannot be read"):
            restore(tmp_path / "absent", server_url)


def test_a_place_that_cannot_be_written_is_reported(server_url: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with Store.open(server_url), pytest.raises(Unavailable, match="cannot be written"):
        back_up(server_url, tmp_path / "file" / "backup")


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with Store.open(url):
        back_up(url, tmp_path / "newer")
        with closing(sqlite3.connect(tmp_path / "newer")) as file:
            file.execute("UPDATE alembic_version SET version_num = '9999'")
            file.commit()
        with pytest.raises(InvalidInput, match="only supports"):
            restore(tmp_path / "newer", url)
    with pytest.raises(InvalidInput, match="in memory"):
        back_up("sqlite://", tmp_path / "file")


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("UPDATE revision SET content = '{}' WHERE sequence = 2", "revision 2 (profile b) was changed"),
        ("DELETE FROM revision WHERE sequence = 2", "revision 2 is missing"),
        ("DELETE FROM revision WHERE sequence = 3", "revision 3 is missing"),
        ("DELETE FROM head WHERE id = 'b'", "the head of profile b is not its latest revision"),
    ],
)
def test_changes_made_outside_the_store_are_found(tmp_path: Path, damage: str, found: str) -> None:
    path = tmp_path / "store.db"
    with Store.open(f"sqlite:///{path}") as store:
        put(store, "a", "b", "c")
        assert store.problems() == []
        with closing(sqlite3.connect(path)) as behind:
            for (trigger,) in behind.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                behind.execute(f"DROP TRIGGER {trigger}")
            behind.execute(damage)
            behind.commit()
        assert found in store.problems()
