"""The alert tables. They hold no addresses: e-mails go to the profile's contact, if the profile has one."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from matcher.store.schema import RECORD_ID, Timestamp, metadata

alert = Table(
    "alert",
    metadata,
    Column("profile_id", RECORD_ID, primary_key=True),
    Column("band", String(16), nullable=False),  # the lowest band to report
    Column("saved_at", Timestamp, nullable=False),
)

alert_told = Table(
    "alert_told",
    metadata,
    Column("profile_id", RECORD_ID, primary_key=True),
    Column("need_id", RECORD_ID, primary_key=True),
    Column("told_at", Timestamp, nullable=False),
)
