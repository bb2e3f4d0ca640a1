"""The list of erasures, redaction of words in revisions and ledger entries, and idempotency keys without the words.

This migration cannot be reversed, because the words in stored responses are gone.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table, let triggers pass a recorded redaction, and keep only references in stored responses."""
    record_id = sa.String(512).with_variant(sa.String(512, collation="C"), "postgresql")
    op.create_table(
        "erasure",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("id", record_id, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(64)),
        sa.PrimaryKeyConstraint("kind", "id", name="pk_erasure"),
    )
    statements = {"sqlite": _SQLITE_TRIGGERS, "postgresql": _POSTGRESQL_TRIGGERS}[op.get_bind().dialect.name]
    for statement in statements:
        op.execute(sa.text(statement))
    _keep_references()


def _keep_references() -> None:
    creation = sa.table("creation", *(sa.column(name) for name in ("organisation_id", "key", "answer")))
    connection = op.get_bind()
    for row in connection.execute(sa.select(creation)).all():
        same = (creation.c.organisation_id == row.organisation_id) & (creation.c.key == row.key)
        answer = json.dumps(_reference(json.loads(row.answer)))
        connection.execute(sa.update(creation).where(same).values(answer=answer))


def _reference(answer: dict[str, Any]) -> dict[str, Any]:
    record = answer.get("profile") or answer.get("need") or {}
    return {"id": record.get("id", ""), **{name: answer[name] for name in ("sequence",) if name in answer}}


def _unchanged(columns: tuple[str, ...]) -> str:
    return " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in columns)


_REVISION = ("sequence", "kind", "id", "number", "digest", "recorded_at", "source")
_ENTRY = ("number", "decision", "event", "payload", "hash")


def _recorded(kind: str, key: str) -> str:
    return f"EXISTS (SELECT 1 FROM erasure WHERE kind = '{kind}' AND id = CAST(OLD.{key} AS VARCHAR))"  # noqa: S608


def _allowed(kind: str, key: str, columns: tuple[str, ...]) -> str:
    same = _unchanged(columns)
    return f"NEW.content IS NOT NULL AND OLD.content IS NOT NULL AND {same} AND {_recorded(kind, key)}"


_OF_REVISION = _allowed("revision", "sequence", _REVISION)
_OF_ENTRY = _allowed("entry", "number", _ENTRY)

_SQLITE_TRIGGERS = tuple(
    statement.replace("IS NOT DISTINCT FROM", "IS").replace("AS VARCHAR", "AS TEXT")
    for statement in (
        "DROP TRIGGER revision_no_update",
        f"""CREATE TRIGGER revision_no_update BEFORE UPDATE ON revision WHEN NOT ({_OF_REVISION})
            BEGIN SELECT RAISE(ABORT, 'revisions are never changed'); END""",
        "DROP TRIGGER ledger_entry_no_update",
        f"""CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry WHEN NOT ({_OF_ENTRY})
            BEGIN SELECT RAISE(ABORT, 'the ledger is never changed'); END""",
    )
)

_POSTGRESQL_TRIGGERS = (
    f"""CREATE OR REPLACE FUNCTION refuse_revision_change() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN
            IF TG_OP = 'UPDATE' THEN
                IF {_OF_REVISION} THEN RETURN NEW; END IF;
            END IF;
            RAISE EXCEPTION 'revisions are never changed or deleted';
        END$$""",
    f"""CREATE OR REPLACE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN
            IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'ledger_entry' THEN
                IF {_OF_ENTRY} THEN RETURN NEW; END IF;
            END IF;
            RAISE EXCEPTION 'the ledger is never changed';
        END$$""",
)
