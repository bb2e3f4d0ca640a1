"""The table that holds registrations not yet confirmed. Deleting a row also deletes its contact."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from matcher.accounts.tables import ACCOUNT_ID, organisation
from matcher.store.schema import RECORD_ID, Timestamp, metadata

registration = Table(
    "registration",
    metadata,
    Column("id", RECORD_ID, primary_key=True),
    Column("organisation_id", ACCOUNT_ID, ForeignKey(organisation.c.id)),  # NULL: owned by the operator
    Column("number", Integer, nullable=False),  # starts at 1, and goes up by 1 with each change
    Column("content", Text, nullable=False),  # the profile as canonical JSON
    Column("contact", Text),  # the contact as JSON, NULL if there is none
    Column("changed_at", Timestamp, nullable=False),
    Index("ix_registration_organisation_id", "organisation_id"),
)
