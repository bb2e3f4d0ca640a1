"""Upgrade a database to this version's schema. Only one process at a time can do so."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from matcher.foundations.errors import Unavailable
from matcher.store.database import Database
from matcher.store.schema import SCHEMA_VERSION


def migrate(database: Database) -> None:
    """Create or upgrade the tables. If the tables are up to date, do nothing and do not load Alembic.

    Raises:
        Unavailable: the database cannot be reached, or was created by a newer version of this program.

    """
    with database.reading() as connection:
        if _version(connection) == SCHEMA_VERSION:
            return
    with database.writing() as connection:
        database.lock_schema(connection)
        if (version := _version(connection)) != SCHEMA_VERSION:
            _upgrade(connection, version, database.display_url)


def _version(connection: Connection) -> str | None:
    """Return the schema version, or None if the database is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def _upgrade(connection: Connection, version: str | None, display_url: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise Unavailable(
            f"the database {display_url} has schema {version}, "
            f"but this version only supports schemas up to {SCHEMA_VERSION}",
            remedy="Install the version of the program that created the database, or a newer one",
        )
    command.upgrade(config, "head")
