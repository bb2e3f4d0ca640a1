"""The tables of the register, in the same database as the tables of the store.

- `release`: the fields kept from notices, so that all releases with the same ocid can be merged when one is added.
- `statement`: the latest statement for each record number in each source.
- `identity`: the profile that each statement is about, and the rule and evidence for the match.
- `identity_key`: the keys by which the supplier in a statement can be recognised.
- `apart`: the profiles that a statement must never be joined with.
- `nhs_organisation` and `succession`: NHS organisations and their successors.
- `progress`: the time window to fetch from each service, and the next page.
- `follower`: how far `Session.follow` has processed profiles that were written directly.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Date, Index, String, Table, Text

from matcher.store.schema import SEQUENCE, SORTED_TEXT, metadata


def _record_key() -> tuple[Column[Any], ...]:
    """Return the primary key of a statement: its source and its record number in that source."""
    return Column("source", String(32), primary_key=True), Column("record", SORTED_TEXT, primary_key=True)


def _document() -> tuple[Column[Any], ...]:
    """Return the columns that hold a JSON document, its digest, and the file and position that it was read from."""
    return (
        Column("content", Text, nullable=False),
        Column("digest", String(64), nullable=False),
        Column("file", Text, nullable=False),
        Column("place", Text, nullable=False),
    )


release = Table(
    "release",
    metadata,
    Column("ocid", SORTED_TEXT, primary_key=True),
    Column("id", SORTED_TEXT, primary_key=True),
    *_document(),
)

statement = Table(
    "statement",
    metadata,
    *_record_key(),
    *_document(),
    Column("stated", Date),
    Column("ended", Boolean, nullable=False),
)

identity = Table(
    "identity",
    metadata,
    *_record_key(),
    Column("profile_id", SORTED_TEXT, nullable=False),
    Column("rule", String(32), nullable=False),
    Column("evidence", Text, nullable=False),
    Index("ix_identity_profile_id", "profile_id"),
)

identity_key = Table(
    "identity_key",
    metadata,
    Column("key", SORTED_TEXT, primary_key=True),
    *_record_key(),
    Index("ix_identity_key_source_record", "source", "record"),
)

apart = Table(
    "apart",
    metadata,
    *_record_key(),
    Column("profile_id", SORTED_TEXT, primary_key=True),
)

organisation = Table(
    "nhs_organisation",
    metadata,
    Column("code", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("role", String(32), nullable=False),
)

succession = Table(
    "succession",
    metadata,
    Column("code", String(16), primary_key=True),
    Column("successor", String(16), primary_key=True),
    Column("since", Date),
)

progress = Table(
    "progress",
    metadata,
    Column("source", String(32), primary_key=True),
    Column("since", Text, nullable=False),
    Column("until", Text, nullable=False),
    Column("next", Text),  # the next page to fetch; NULL once the window is complete
)

follower = Table(
    "follower",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("sequence", SEQUENCE, nullable=False),
)
