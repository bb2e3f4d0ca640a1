"""The tables of the ledger, the same on SQLite and PostgreSQL.

`ledger_entry` and `ledger_model` are append-only: triggers reject updates and deletions. `ledger_head` holds the
number of entries and the hash of the last entry, so that the removal of entries from the end can be detected.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, String, Table, Text

from matcher.store.schema import SEQUENCE, metadata

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("number", SEQUENCE, primary_key=True, autoincrement=False),
    Column("decision", String(32), nullable=False),
    Column("event", String(16), nullable=False),
    Column("content", Text, nullable=False),  # the entry as canonical JSON: the text that is hashed
    Column("payload", LargeBinary),  # the complete result of a saved search; its SHA-256 is in the content
    Column("hash", String(64), nullable=False),
    Index("ix_ledger_entry_decision", "decision", "number"),
)

ledger_head = Table(
    "ledger_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("entries", SEQUENCE, nullable=False),
    Column("hash", String(64), nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

ledger_model = Table(
    "ledger_model",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("content", Text, nullable=False),  # a scoring model that saved searches used, as canonical JSON
)
