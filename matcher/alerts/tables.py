"""The tables of alerts. No address is in them: a letter goes to the contact of the profile, while there is one."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, String, Table

from matcher.store.schema import Timestamp, metadata

_record_id: Final = String(512).with_variant(String(512, collation="C"), "postgresql")

alert = Table(
    "alert",
    metadata,
    Column("profile_id", _record_id, primary_key=True),
    Column("band", String(16), nullable=False),  # the lowest band that is told of
    Column("saved_at", Timestamp, nullable=False),
)

alert_told = Table(
    "alert_told",
    metadata,
    Column("profile_id", _record_id, primary_key=True),
    Column("need_id", _record_id, primary_key=True),
    Column("told_at", Timestamp, nullable=False),
)
