"""The tables of the ledger, beside those of the store, the same on SQLite and PostgreSQL.

`ledger_entry` and `ledger_model` are append-only (triggers refuse anything else); `ledger_head` says how many
entries there are and what the last one's hash is, so that removing the last ones shows, too.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, String, Table, Text

from matcher.store.schema import metadata

_number = BigInteger().with_variant(Integer, "sqlite")

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("number", _number, primary_key=True, autoincrement=False),
    Column("decision", String(32), nullable=False),
    Column("event", String(16), nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON of all that the entry says; what is hashed
    Column("payload", LargeBinary),  # the long arrays of a kept search; its SHA-256 is in the content
    Column("hash", String(64), nullable=False),
    Index("ix_ledger_entry_decision", "decision", "number"),
)

ledger_head = Table(
    "ledger_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("entries", _number, nullable=False),
    Column("hash", String(64), nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

ledger_model = Table(
    "ledger_model",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("content", Text, nullable=False),  # canonical JSON of a scoring model that kept searches used
)
