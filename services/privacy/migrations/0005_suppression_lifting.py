"""That an entry of the suppression list was lifted, and by which consent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suppression_lifting",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_suppression_lifting")),
    )
    op.create_index(op.f("ix_suppression_lifting_consent_id"), "suppression_lifting", ["consent_id"])
