"""Brings a database to the schema this version knows, one process at a time."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from matcher.foundations.errors import Unavailable
from matcher.store.database import Database
from matcher.store.schema import SCHEMA_VERSION


def migrate(database: Database) -> None:
    """Create or upgrade the tables; do nothing, and load nothing, where they are as they should be.

    Raises:
        Unavailable: the database cannot be reached, or was made by a newer version of this program.

    """
    with database.reading() as connection:
        if _version(connection) == SCHEMA_VERSION:
            return
    with database.writing() as connection:
        database.lock_schema(connection)
        if (version := _version(connection)) != SCHEMA_VERSION:
            _upgrade(connection, version, database.shown)


def _version(connection: Connection) -> str | None:
    """Return the schema version the database records, or None where it records none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def _upgrade(connection: Connection, version: str | None, shown: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise Unavailable(
            f"the database {shown} has schema {version}, newer than {SCHEMA_VERSION}, which this version knows",
            remedy="Install the version of the program that made it, or a newer one",
        )
    command.upgrade(config, "head")
