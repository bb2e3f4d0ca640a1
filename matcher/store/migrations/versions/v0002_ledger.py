"""The decision ledger, and the triggers that keep it append-only.

This migration cannot be reversed, because the triggers forbid removing entries.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_GENESIS = "0" * 64


def upgrade() -> None:
    """Create the tables, the single row of `ledger_head` and the triggers."""
    _create_tables()
    op.execute(sa.text("INSERT INTO ledger_head (id, entries, hash) VALUES (1, 0, :hash)").bindparams(hash=_GENESIS))
    statements = {"sqlite": _SQLITE_TRIGGERS, "postgresql": _POSTGRESQL_TRIGGERS}[op.get_bind().dialect.name]
    for statement in statements:
        op.execute(sa.text(statement))


def _create_tables() -> None:
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "ledger_entry",
        sa.Column("number", number, autoincrement=False, nullable=False),
        sa.Column("decision", sa.String(32), nullable=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_ledger_entry"),
    )
    op.create_index("ix_ledger_entry_decision", "ledger_entry", ["decision", "number"])
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("entries", number, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_head"),
        sa.CheckConstraint("id = 1", name="ck_ledger_head_one_row"),
    )
    op.create_table(
        "ledger_model",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_ledger_model"),
    )


_SQLITE_TRIGGERS = (
    *(
        f"""CREATE TRIGGER {table}_no_{change} BEFORE {change} ON {table}
            BEGIN SELECT RAISE(ABORT, 'the ledger is never changed'); END"""
        for table in ("ledger_entry", "ledger_model")
        for change in ("update", "delete")
    ),
    # INSERT OR REPLACE deletes a row without firing the triggers above.
    """CREATE TRIGGER ledger_entry_no_replace BEFORE INSERT ON ledger_entry
       WHEN EXISTS (SELECT 1 FROM ledger_entry WHERE number = NEW.number)
       BEGIN SELECT RAISE(ABORT, 'the ledger is never changed'); END""",
    """CREATE TRIGGER ledger_model_no_replace BEFORE INSERT ON ledger_model
       WHEN EXISTS (SELECT 1 FROM ledger_model WHERE digest = NEW.digest)
       BEGIN SELECT RAISE(ABORT, 'the ledger is never changed'); END""",
    """CREATE TRIGGER ledger_head_no_delete BEFORE DELETE ON ledger_head
       BEGIN SELECT RAISE(ABORT, 'the head of the ledger only moves on'); END""",
    """CREATE TRIGGER ledger_head_no_replace BEFORE INSERT ON ledger_head
       BEGIN SELECT RAISE(ABORT, 'the head of the ledger only moves on'); END""",
    """CREATE TRIGGER ledger_head_forward BEFORE UPDATE ON ledger_head WHEN NEW.entries <= OLD.entries
       BEGIN SELECT RAISE(ABORT, 'the head of the ledger only moves on'); END""",
)

_POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS
       $$BEGIN RAISE EXCEPTION 'the ledger is never changed'; END$$""",
    *(
        statement
        for table in ("ledger_entry", "ledger_model")
        for statement in (
            f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
                FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change()""",
            f"""CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()""",
        )
    ),
    """CREATE FUNCTION refuse_ledger_head_change() RETURNS trigger LANGUAGE plpgsql AS
       $$BEGIN RAISE EXCEPTION 'the head of the ledger only moves on'; END$$""",
    """CREATE TRIGGER ledger_head_forward BEFORE UPDATE ON ledger_head
       FOR EACH ROW WHEN (NEW.entries <= OLD.entries) EXECUTE FUNCTION refuse_ledger_head_change()""",
    """CREATE TRIGGER ledger_head_no_delete BEFORE DELETE ON ledger_head
       FOR EACH ROW EXECUTE FUNCTION refuse_ledger_head_change()""",
    """CREATE TRIGGER ledger_head_no_truncate BEFORE TRUNCATE ON ledger_head
       FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_head_change()""",
)
