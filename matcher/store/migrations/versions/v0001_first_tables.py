"""The first tables, and the triggers that keep revisions append-only.

This migration cannot be reversed, because the triggers forbid removing revisions.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables, the single row of `clock` and the triggers."""
    _create_tables()
    op.execute("INSERT INTO clock (id, sequence) VALUES (1, 0)")
    statements = {"sqlite": _SQLITE_TRIGGERS, "postgresql": _POSTGRESQL_TRIGGERS}[op.get_bind().dialect.name]
    for statement in statements:
        op.execute(sa.text(statement))


def _create_tables() -> None:
    record_id = sa.String(512).with_variant(sa.String(512, collation="C"), "postgresql")
    sequence = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("sequence", sequence, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clock"),
        sa.CheckConstraint("id = 1", name="ck_clock_one_row"),
    )
    op.create_table(
        "revision",
        sa.Column("sequence", sequence, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("id", record_id, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("content", sa.Text),
        sa.Column("digest", sa.String(64)),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_revision"),
        sa.UniqueConstraint("kind", "id", "number", name="uq_revision_kind_id_number"),
        sa.CheckConstraint("(content IS NULL) = (digest IS NULL)", name="ck_revision_content_digest"),
    )
    op.create_table(
        "head",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("id", record_id, nullable=False),
        sa.Column("sequence", sequence, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64)),
        sa.PrimaryKeyConstraint("kind", "id", name="pk_head"),
        sa.ForeignKeyConstraint(["sequence"], ["revision.sequence"], name="fk_head_sequence"),
        sa.UniqueConstraint("sequence", name="uq_head_sequence"),
    )
    op.create_table(
        "contact",
        sa.Column("profile_id", record_id, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("telephone", sa.Text),
        sa.PrimaryKeyConstraint("profile_id", name="pk_contact"),
    )
    op.create_table(
        "vector",
        sa.Column("model", sa.String(255), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("model", "key", name="pk_vector"),
    )


_SQLITE_TRIGGERS = (
    """CREATE TRIGGER revision_no_update BEFORE UPDATE ON revision
       BEGIN SELECT RAISE(ABORT, 'revisions are never changed'); END""",
    """CREATE TRIGGER revision_no_delete BEFORE DELETE ON revision
       BEGIN SELECT RAISE(ABORT, 'revisions are never deleted'); END""",
    # INSERT OR REPLACE deletes a row without firing the trigger above.
    """CREATE TRIGGER revision_no_replace BEFORE INSERT ON revision
       WHEN EXISTS (SELECT 1 FROM revision WHERE sequence = NEW.sequence)
         OR EXISTS (SELECT 1 FROM revision WHERE kind = NEW.kind AND id = NEW.id AND number = NEW.number)
       BEGIN SELECT RAISE(ABORT, 'revisions are never replaced'); END""",
)

_POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION refuse_revision_change() RETURNS trigger LANGUAGE plpgsql AS
       $$BEGIN RAISE EXCEPTION 'revisions are never changed or deleted'; END$$""",
    """CREATE TRIGGER revision_append_only BEFORE UPDATE OR DELETE ON revision
       FOR EACH ROW EXECUTE FUNCTION refuse_revision_change()""",
    """CREATE TRIGGER revision_no_truncate BEFORE TRUNCATE ON revision
       FOR EACH STATEMENT EXECUTE FUNCTION refuse_revision_change()""",
)
