"""The tables of accounts, beside those of the store and in the same transactions.

`member` is the only one with data about a person, a name and an address, and both can be erased; what a
member did stays under the member's id.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, String, Table, Text

from matcher.store.schema import Timestamp, metadata

# Ids made by this program, and of organisations: ASCII, sorted by code point everywhere.
_name: Final = String(64).with_variant(String(64, collation="C"), "postgresql")
_record_id: Final = String(512).with_variant(String(512, collation="C"), "postgresql")

organisation = Table(
    "organisation",
    metadata,
    Column("id", _name, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("charity", String(32)),  # register numbers that the administrator has checked
    Column("company", String(32)),
    Column("created_at", Timestamp, nullable=False),
)

member = Table(
    "member",
    metadata,
    Column("id", _name, primary_key=True),
    Column("organisation_id", _name, ForeignKey(organisation.c.id), nullable=False),
    Column("roles", Text, nullable=False),  # sorted, with commas between
    Column("name", Text),  # NULL once erased
    Column("email", Text),
    Column("subject", Text, unique=True),  # who it is at the sign-in provider
    Column("created_at", Timestamp, nullable=False),
    Column("removed_at", Timestamp),
)

api_key = Table(
    "api_key",
    metadata,
    Column("prefix", _name, primary_key=True),
    Column("digest", String(64), nullable=False),  # SHA-256 of the secret, in hex
    Column("member_id", _name, ForeignKey(member.c.id), nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Column("expires_at", Timestamp, nullable=False),
    Column("revoked_at", Timestamp),
    Column("used_at", Timestamp),
)

browser_session = Table(
    "browser_session",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the token, in hex
    Column("member_id", _name, ForeignKey(member.c.id), nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Column("expires_at", Timestamp, nullable=False),
    Column("used_at", Timestamp, nullable=False),
)

ownership = Table(
    "ownership",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("id", _record_id, primary_key=True),
    Column("organisation_id", _name, ForeignKey(organisation.c.id)),  # NULL: of nobody but the operator
    Column("draft", Boolean(create_constraint=False), nullable=False),
    Column("since", Timestamp, nullable=False),
    Index("ix_ownership_organisation_id", "organisation_id"),
)

claim = Table(
    "claim",
    metadata,
    Column("id", _name, primary_key=True),
    Column("profile_id", _record_id, nullable=False),
    Column("organisation_id", _name, ForeignKey(organisation.c.id), nullable=False),
    Column("state", String(16), nullable=False),
    Column("made_at", Timestamp, nullable=False),
    Column("decided_at", Timestamp),
    Column("decided_by", _name),  # id of the member; NULL where the register number decided
    CheckConstraint("state IN ('waiting', 'granted', 'refused')", name="state"),
    Index("ix_claim_profile_id", "profile_id"),
)

creation = Table(
    "creation",
    metadata,
    Column("organisation_id", _name, primary_key=True),  # empty for the operator's own
    Column("key", String(255), primary_key=True),
    Column("digest", String(64), nullable=False),  # SHA-256 of the request
    Column("answer", Text, nullable=False),  # JSON, without a contact
    Column("created_at", Timestamp, nullable=False),
)
