"""The statements that sources make about suppliers, and the profile that each statement belongs to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables of the register."""
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    sequence = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "release",
        sa.Column("ocid", text, nullable=False),
        sa.Column("id", text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("ocid", "id", name="pk_release"),
    )
    op.create_table(
        "statement",
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("record", text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("stated", sa.Date),
        sa.Column("ended", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("source", "record", name="pk_statement"),
    )
    op.create_table(
        "identity",
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("record", text, nullable=False),
        sa.Column("profile_id", text, nullable=False),
        sa.Column("rule", sa.String(32), nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("source", "record", name="pk_identity"),
    )
    op.create_index("ix_identity_profile_id", "identity", ["profile_id"])
    op.create_table(
        "identity_key",
        sa.Column("key", text, nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("record", text, nullable=False),
        sa.PrimaryKeyConstraint("key", "source", "record", name="pk_identity_key"),
    )
    op.create_index("ix_identity_key_source_record", "identity_key", ["source", "record"])
    op.create_table(
        "apart",
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("record", text, nullable=False),
        sa.Column("profile_id", text, nullable=False),
        sa.PrimaryKeyConstraint("source", "record", "profile_id", name="pk_apart"),
    )
    op.create_table(
        "nhs_organisation",
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_nhs_organisation"),
    )
    op.create_table(
        "succession",
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("successor", sa.String(16), nullable=False),
        sa.Column("since", sa.Date),
        sa.PrimaryKeyConstraint("code", "successor", name="pk_succession"),
    )
    op.create_table(
        "progress",
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("until", sa.Text, nullable=False),
        sa.Column("next", sa.Text),
        sa.PrimaryKeyConstraint("source", name="pk_progress"),
    )
    op.create_table(
        "follower",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("sequence", sequence, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_follower"),
    )
