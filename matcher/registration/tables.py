"""The table of registrations that are not confirmed yet. What is in it about a person goes with the row."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from matcher.accounts.tables import organisation
from matcher.store.schema import Timestamp, metadata

registration = Table(
    "registration",
    metadata,
    Column("id", String(512).with_variant(String(512, collation="C"), "postgresql"), primary_key=True),
    Column(
        "organisation_id",
        String(64).with_variant(String(64, collation="C"), "postgresql"),
        ForeignKey(organisation.c.id),
    ),
    Column("number", Integer, nullable=False),  # counts the changes from 1
    Column("content", Text, nullable=False),  # canonical JSON of the profile
    Column("contact", Text),  # JSON
    Column("changed_at", Timestamp, nullable=False),
    Index("ix_registration_organisation_id", "organisation_id"),
)
