"""Migrations create the schema that the code defines, and only once, even if several processes start together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import matcher.accounts.tables
import matcher.alerts.tables
import matcher.ledger.tables
import matcher.register.schema
import matcher.registration.tables
import matcher.store.migration
from matcher.foundations.errors import Unavailable
from matcher.store import Store
from matcher.store.database import Database
from matcher.store.schema import SCHEMA_VERSION, metadata


def test_the_schema_version_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(matcher.store.migration.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA_VERSION


def test_the_migrations_create_the_tables_of_the_code(server_url: str) -> None:
    with Store.open(server_url) as store:
        assert compare_metadata_of(store) == []


def test_a_database_of_the_first_version_is_upgraded(server_url: str) -> None:
    database = Database(server_url)
    config = Config()
    config.set_main_option("script_location", str(Path(matcher.store.migration.__file__).parent / "migrations"))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text(
                "INSERT INTO revision (sequence, kind, id, number, content, digest, recorded_at, source)"
                " VALUES (1, 'profile', 'p1', 1, '{\"id\":\"p1\",\"name\":\"N\"}', 'd', '2026-06-01 00:00:00', '')"
            )
        )
        connection.execute(text("INSERT INTO head VALUES ('profile', 'p1', 1, 1, 'd')"))
        connection.execute(text("UPDATE clock SET sequence = 1"))
    database.close()
    with Store.open(server_url) as store:
        assert store.profile("p1").record.name == "N"
        with store.database.reading() as connection:
            assert connection.scalar(text("SELECT version_num FROM alembic_version")) == SCHEMA_VERSION
        assert compare_metadata_of(store) == []


def compare_metadata_of(store: Store) -> object:
    """Return the differences between the tables in the database and the tables that the code defines."""
    with store.database.reading() as connection:
        return compare_metadata(MigrationContext.configure(connection), metadata)


def test_a_database_from_a_newer_version_is_refused(server_url: str) -> None:
    Store.open(server_url).close()
    database = Database(server_url)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(Unavailable, match="9999, but this version only supports") as refused:
        Store.open(server_url)
    assert "newer" in refused.value.remedy


def test_many_processes_can_open_a_new_database_together(server_url: str) -> None:
    program = (
        "import sys; from matcher.store import Store; sys.stdin.readline();"
        " store = Store.open(sys.argv[1]); print(store.sequence())"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, server_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=120) for process in processes]
    assert answers == [("0\n", "")] * 6
