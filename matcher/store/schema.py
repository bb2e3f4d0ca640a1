"""The tables of the store, the same on SQLite and PostgreSQL.

- `revision` is append-only: triggers refuse deletes, and all updates but a redaction that `erasure` records.
- `head` points at the latest revision of each record.
- `clock` holds the sequence number that orders all revisions.
- `contact` is the only one of these tables with personal data. Its rows can be erased.
- `erasure` lists what was erased, so that restoring a backup does not bring it back.
- `vector` is the embedding cache.
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

# The newest migration in migrations/versions. A database with this version is opened without loading Alembic.
SCHEMA_VERSION: Final = "0005"

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class Timestamp(TypeDecorator[datetime]):
    """A timestamp that is always read in UTC, because SQLite does not store time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        """Return `value` in UTC, ready to be stored."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _: Dialect) -> datetime | None:
        """Return a stored `value` in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# The type is INTEGER on SQLite, because an INTEGER primary key needs no separate index there.
SEQUENCE: Final = BigInteger().with_variant(Integer, "sqlite")


def id_type(length: int) -> String:
    """Return a column type for ids that have at most `length` characters and sort by code point on both databases.

    Without the collation "C", PostgreSQL would sort by the rules of the server's language.
    """
    return String(length).with_variant(String(length, collation="C"), "postgresql")


RECORD_ID: Final = id_type(512)
# Text that sorts by code point on both databases.
SORTED_TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")

clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", SEQUENCE, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

revision = Table(
    "revision",
    metadata,
    Column("sequence", SEQUENCE, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("id", RECORD_ID, nullable=False),
    Column("number", Integer, nullable=False),
    Column("content", Text),  # canonical JSON, NULL for a withdrawal
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
    Column("id", RECORD_ID, primary_key=True),
    Column("sequence", SEQUENCE, ForeignKey(revision.c.sequence), nullable=False, unique=True),
    Column("number", Integer, nullable=False),
    Column("digest", String(64)),  # NULL if withdrawn
)

contact = Table(
    "contact",
    metadata,
    Column("profile_id", RECORD_ID, primary_key=True),
    Column("name", Text),
    Column("email", Text),
    Column("telephone", Text),
)

erasure = Table(
    "erasure",
    metadata,
    Column("kind", String(16), primary_key=True),  # contact, member, registration, revision or entry
    Column("id", RECORD_ID, primary_key=True),
    Column("at", Timestamp, nullable=False),
    Column("digest", String(64)),  # SHA-256 of the text that remains of a revision or entry
)

vector = Table(
    "vector",
    metadata,
    Column("model", String(255), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)
