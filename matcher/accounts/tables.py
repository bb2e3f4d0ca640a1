"""The tables for accounts. These tables share the store's database and transactions.

`member` holds personal data: a name and an e-mail address. The label of a key may hold personal data too,
because a member writes the label. All this data can be erased. Records of the member's actions remain, under the
member's id.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, String, Table, Text

from matcher.store.schema import RECORD_ID, Timestamp, id_type, metadata

# For organisation ids, and for ids that this program generates. All these ids are ASCII.
ACCOUNT_ID: Final = id_type(64)

organisation = Table(
    "organisation",
    metadata,
    Column("id", ACCOUNT_ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("charity", String(32)),  # register number that the administrator has checked
    Column("company", String(32)),  # register number that the administrator has checked
    Column("created_at", Timestamp, nullable=False),
)

member = Table(
    "member",
    metadata,
    Column("id", ACCOUNT_ID, primary_key=True),
    Column("organisation_id", ACCOUNT_ID, ForeignKey(organisation.c.id), nullable=False),
    Column("roles", Text, nullable=False),  # sorted, separated by commas
    Column("name", Text),  # NULL once erased
    Column("email", Text),
    Column("subject", Text, unique=True),  # subject id at the sign-in provider
    Column("created_at", Timestamp, nullable=False),
    Column("removed_at", Timestamp),
)

api_key = Table(
    "api_key",
    metadata,
    Column("prefix", ACCOUNT_ID, primary_key=True),
    Column("digest", String(64), nullable=False),  # SHA-256 of the secret, in hex
    Column("member_id", ACCOUNT_ID, ForeignKey(member.c.id), nullable=False),
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
    Column("member_id", ACCOUNT_ID, ForeignKey(member.c.id), nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Column("expires_at", Timestamp, nullable=False),
    Column("used_at", Timestamp, nullable=False),
)

ownership = Table(
    "ownership",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("id", RECORD_ID, primary_key=True),
    Column("organisation_id", ACCOUNT_ID, ForeignKey(organisation.c.id)),  # NULL: owned by the operator
    Column("draft", Boolean(create_constraint=False), nullable=False),
    Column("since", Timestamp, nullable=False),
    Index("ix_ownership_organisation_id", "organisation_id"),
)

claim = Table(
    "claim",
    metadata,
    Column("id", ACCOUNT_ID, primary_key=True),
    Column("profile_id", RECORD_ID, nullable=False),
    Column("organisation_id", ACCOUNT_ID, ForeignKey(organisation.c.id), nullable=False),
    Column("state", String(16), nullable=False),
    Column("made_at", Timestamp, nullable=False),
    Column("decided_at", Timestamp),
    Column("decided_by", ACCOUNT_ID),  # member id; NULL if no member decided the claim
    CheckConstraint("state IN ('waiting', 'granted', 'refused')", name="state"),
    Index("ix_claim_profile_id", "profile_id"),
)

creation = Table(
    "creation",
    metadata,
    Column("organisation_id", ACCOUNT_ID, primary_key=True),  # empty for the operator
    Column("key", String(255), primary_key=True),
    Column("digest", String(64), nullable=False),  # SHA-256 of the request
    Column("answer", Text, nullable=False),  # the response as JSON, without the contact
    Column("created_at", Timestamp, nullable=False),
)
