"""Accounts, ownership, registrations and alerts.

This migration cannot be reversed, because ledger entries refer to organisations and members by id.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_name = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
_record_id = sa.String(512).with_variant(sa.String(512, collation="C"), "postgresql")
_moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _create_accounts()
    _create_proofs()
    _create_ownership()
    _create_registrations()
    _create_alerts()


def _create_accounts() -> None:
    op.create_table(
        "organisation",
        sa.Column("id", _name, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("charity", sa.String(32)),
        sa.Column("company", sa.String(32)),
        sa.Column("created_at", _moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisation"),
    )
    op.create_table(
        "member",
        sa.Column("id", _name, nullable=False),
        sa.Column("organisation_id", _name, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("created_at", _moment, nullable=False),
        sa.Column("removed_at", _moment),
        sa.PrimaryKeyConstraint("id", name="pk_member"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_member_organisation_id"),
        sa.UniqueConstraint("subject", name="uq_member_subject"),
    )


def _create_proofs() -> None:
    op.create_table(
        "api_key",
        sa.Column("prefix", _name, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("member_id", _name, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("created_at", _moment, nullable=False),
        sa.Column("expires_at", _moment, nullable=False),
        sa.Column("revoked_at", _moment),
        sa.Column("used_at", _moment),
        sa.PrimaryKeyConstraint("prefix", name="pk_api_key"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_api_key_member_id"),
    )
    op.create_table(
        "browser_session",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("member_id", _name, nullable=False),
        sa.Column("created_at", _moment, nullable=False),
        sa.Column("expires_at", _moment, nullable=False),
        sa.Column("used_at", _moment, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_browser_session"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_browser_session_member_id"),
    )


def _create_ownership() -> None:
    op.create_table(
        "ownership",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("id", _record_id, nullable=False),
        sa.Column("organisation_id", _name),
        sa.Column("draft", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("since", _moment, nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name="pk_ownership"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_ownership_organisation_id"),
    )
    op.create_index("ix_ownership_organisation_id", "ownership", ["organisation_id"])
    op.create_table(
        "claim",
        sa.Column("id", _name, nullable=False),
        sa.Column("profile_id", _record_id, nullable=False),
        sa.Column("organisation_id", _name, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("made_at", _moment, nullable=False),
        sa.Column("decided_at", _moment),
        sa.Column("decided_by", _name),
        sa.PrimaryKeyConstraint("id", name="pk_claim"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_claim_organisation_id"),
        sa.CheckConstraint("state IN ('waiting', 'granted', 'refused')", name="ck_claim_state"),
    )
    op.create_index("ix_claim_profile_id", "claim", ["profile_id"])


def _create_registrations() -> None:
    op.create_table(
        "creation",
        sa.Column("organisation_id", _name, nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("created_at", _moment, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "key", name="pk_creation"),
    )
    op.create_table(
        "registration",
        sa.Column("id", _record_id, nullable=False),
        sa.Column("organisation_id", _name),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("contact", sa.Text),
        sa.Column("changed_at", _moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_registration"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_registration_organisation_id"),
    )
    op.create_index("ix_registration_organisation_id", "registration", ["organisation_id"])


def _create_alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("profile_id", _record_id, nullable=False),
        sa.Column("band", sa.String(16), nullable=False),
        sa.Column("saved_at", _moment, nullable=False),
        sa.PrimaryKeyConstraint("profile_id", name="pk_alert"),
    )
    op.create_table(
        "alert_told",
        sa.Column("profile_id", _record_id, nullable=False),
        sa.Column("need_id", _record_id, nullable=False),
        sa.Column("told_at", _moment, nullable=False),
        sa.PrimaryKeyConstraint("profile_id", "need_id", name="pk_alert_told"),
    )
