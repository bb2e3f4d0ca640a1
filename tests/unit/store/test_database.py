"""Opening a database: settings, and error messages that reveal no secrets."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from matcher.foundations.errors import InvalidInput, MatcherError, Unavailable
from matcher.records import Contact, Profile, Sector
from matcher.store import Store
from matcher.store.database import Database

PROFILE = Profile(id="p1", name="Falls Prevention CIC", sector=Sector.CIC)


def test_a_sqlite_file_survives_power_cuts_and_overwrites_deleted_bytes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    Store.open(url).close()
    database = Database(url, wait_seconds=7)
    with database.reading() as connection:
        settings = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        }
    database.close()
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 7000,
    }


@pytest.mark.parametrize("url", ["", "store.db", "mysql://localhost/db", "sqlite+nothing://", "postgresql://h:port/d"])
def test_an_invalid_url_is_refused(url: str) -> None:
    with pytest.raises((InvalidInput, Unavailable)) as refused:
        Store.open(url)
    assert refused.value.remedy


def test_a_missing_folder_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="unable to open") as refused:
        Store.open(f"sqlite:///{tmp_path / 'no' / 'store.db'}", wait_seconds=0.1)
    assert "Check the URL" in refused.value.remedy


def test_a_file_that_is_not_a_database_is_unavailable_and_unchanged(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("these are notes, and no database\n" * 100)
    with pytest.raises(Unavailable, match="not a database") as refused:
        Store.open(f"sqlite:///{other}", wait_seconds=0.1)
    assert "Choose another file" in refused.value.remedy
    assert other.read_text().startswith("these are notes")


def test_a_server_that_does_not_answer_is_unavailable_and_its_password_stays_secret() -> None:
    with pytest.raises(Unavailable) as refused:
        Store.open("postgresql+psycopg://user:tops3cret@127.0.0.1:1/db?application_name=hush")
    assert "127.0.0.1" in str(refused.value)
    assert "tops3cret" not in str(refused.value)
    assert "hush" not in str(refused.value)


def test_the_repr_of_a_store_hides_the_password(postgres_url: str) -> None:
    with_password = postgres_url.replace("matcher@", "matcher:tops3cret@")
    with Store.open(with_password) as store:
        assert "tops3cret" not in repr(store)
        assert store.url == with_password


def test_a_postgresql_database_must_be_in_utf8(postgres_server: str) -> None:
    administration = Database(postgres_server)
    with administration.reading() as connection:
        raw = connection.execution_options(isolation_level="AUTOCOMMIT")
        raw.execute(text("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"))
    try:
        with pytest.raises(Unavailable, match="LATIN1"):
            Store.open(postgres_server.rsplit("/", 1)[0] + "/latin")
    finally:
        with administration.reading() as connection:
            raw = connection.execution_options(isolation_level="AUTOCOMMIT")
            raw.execute(text("DROP DATABASE latin WITH (FORCE)"))
        administration.close()


def test_a_writer_waits_for_another_writer_up_to_a_limit(server_url: str) -> None:
    with Store.open(server_url) as first, Store.open(server_url, wait_seconds=0.3) as second:
        with first.writing() as writer:
            writer.put(PROFILE)
            with pytest.raises(Unavailable, match="lock") as refused, second.writing():
                pass
            assert "Try again" in refused.value.remedy
            assert second.sequence() == 0, "a reader does not wait"
        with second.writing() as writer:
            assert writer.put(PROFILE).outcome == "unchanged"


def test_a_read_only_database_is_unavailable_to_writers(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Store.open(f"sqlite:///{path}").close()
    with Store.open(f"sqlite:///file:{path}?mode=ro&uri=true", wait_seconds=0.1) as store:
        assert store.sequence() == 0
        with pytest.raises(Unavailable, match="readonly"), store.writing() as writer:
            writer.put(PROFILE)


def test_erasing_a_contact_erases_its_bytes_from_the_file(tmp_path: Path, file_store: Store) -> None:
    needle = b"anna.field@example.org"
    with file_store.writing() as writer:
        writer.put_many([(Profile(id=f"p{number}", name="P"), None) for number in range(50)])
        writer.put(PROFILE, contact=Contact(name="Anna Field", email=needle.decode(), telephone="0113 496 0000"))
    assert needle in _bytes_below(tmp_path)
    file_store.erase_contact("p1")
    left = _bytes_below(tmp_path)
    assert needle not in left
    assert b"Anna Field" not in left
    assert b"Falls Prevention" in left


def test_withdrawing_a_profile_erases_the_bytes_of_its_contact(tmp_path: Path, file_store: Store) -> None:
    with file_store.writing() as writer:
        writer.put(PROFILE, contact=Contact(email="anna.field@example.org"))
    with file_store.writing() as writer:
        writer.withdraw("profile", "p1")  # type: ignore[arg-type]
    assert b"anna.field" not in _bytes_below(tmp_path)


def test_replacing_a_revision_is_refused_on_sqlite(tmp_path: Path, file_store: Store) -> None:
    with file_store.writing() as writer:
        writer.put(PROFILE)
    outside = sqlite3.connect(tmp_path / "store.db")
    columns = "sequence, kind, id, number, content, digest, recorded_at, source"
    for sequence, number in ((1, 9), (9, 1)):
        with pytest.raises(sqlite3.IntegrityError, match="never replaced"):
            outside.execute(
                f"INSERT OR REPLACE INTO revision ({columns}) VALUES (?, 'profile', 'p1', ?, NULL, NULL, '', '')",
                (sequence, number),
            )
    outside.close()


def test_truncating_revisions_is_refused_on_postgresql(postgres_url: str) -> None:
    with Store.open(postgres_url) as store:
        with store.writing() as writer:
            writer.put(PROFILE)
        database = Database(postgres_url)
        with pytest.raises(Exception, match="revisions are never"), database.writing() as connection:
            connection.execute(text("TRUNCATE revision CASCADE"))
        database.close()
        assert store.profile("p1").record == PROFILE


def test_a_failed_write_cannot_be_committed(file_store: Store) -> None:
    broken = Profile.model_construct(**{**PROFILE.__dict__, "id": None})

    def pass_over_a_failure() -> None:
        with file_store.writing() as writer:
            writer.put(PROFILE)
            with pytest.raises(Exception, match="NOT NULL"):
                writer.put(broken)

    with pytest.raises(MatcherError, match="cannot be committed"):
        pass_over_a_failure()
    assert file_store.sequence() == 0
    assert file_store.counts()["profiles"] == 0


def test_opening_an_up_to_date_database_does_not_load_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    program = (
        "import sys; from matcher.store import Store; Store.open(sys.argv[1]).close(); print('alembic' in sys.modules)"
    )
    said = [
        subprocess.run([sys.executable, "-c", program, url], capture_output=True, text=True, check=True).stdout.strip()
        for _ in range(2)
    ]
    assert said == ["True", "False"]


def _bytes_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
