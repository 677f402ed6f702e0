"""Drafts of consent texts, from when a version is shown, and topics that nobody is asked about any more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "consent_text", sa.Column("material", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("consent_text", sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "consent_topic",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_consent_topic")),
    )
    op.create_table(
        "consent_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("material", sa.Boolean(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("translations", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("authors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_draft")),
    )
    # What somebody agreed to never changes, whoever has the service's role.
    op.execute(
        "CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON consent_text "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
