"""The tables of the store, the same on SQLite and PostgreSQL.

`revision` is append-only (triggers of the first migration refuse anything else); `head` points at the
latest revision of each record; `clock` holds the one sequence number that orders all revisions; `contact`
is the only table with data about a person, and the only one whose rows are erased.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

# The newest migration under migrations/versions. A database that is there already opens without Alembic.
SCHEMA_VERSION: Final = "0004"

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class Timestamp(TypeDecorator[datetime]):
    """A point in time, always read back in UTC: SQLite keeps no time zone of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        """Return what is stored for `value`."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _: Dialect) -> datetime | None:
        """Return the point in time that a stored `value` means."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Ids sort by code point everywhere; a PostgreSQL server's own collation would sort by language.
_id = String(512).with_variant(String(512, collation="C"), "postgresql")
_sequence = BigInteger().with_variant(Integer, "sqlite")

clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", _sequence, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

revision = Table(
    "revision",
    metadata,
    Column("sequence", _sequence, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("id", _id, nullable=False),
    Column("number", Integer, nullable=False),
    Column("content", Text),  # canonical JSON; NULL in a withdrawal
    Column("digest", String(64)),
    Column("recorded_at", Timestamp, nullable=False),
    Column("source", Text, nullable=False),
    UniqueConstraint("kind", "id", "number"),
    CheckConstraint("(content IS NULL) = (digest IS NULL)", name="content_digest"),
)

head = Table(
    "head",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("id", _id, primary_key=True),
    Column("sequence", _sequence, ForeignKey(revision.c.sequence), nullable=False, unique=True),
    Column("number", Integer, nullable=False),
    Column("digest", String(64)),  # NULL while withdrawn
)

contact = Table(
    "contact",
    metadata,
    Column("profile_id", _id, primary_key=True),
    Column("name", Text),
    Column("email", Text),
    Column("telephone", Text),
)

vector = Table(
    "vector",
    metadata,
    Column("model", String(255), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)
