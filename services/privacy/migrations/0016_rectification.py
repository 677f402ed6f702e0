"""Rectifications: what is said to be wrong, and which recipients know of the correction."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_correction",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["subject_request.id"],
            name=op.f("fk_request_correction_request_id_subject_request"),
        ),
        sa.PrimaryKeyConstraint("request_id", "field", name=op.f("pk_request_correction")),
    )
    op.create_table(
        "request_recipient",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), server_default="", nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["subject_request.id"],
            name=op.f("fk_request_recipient_request_id_subject_request"),
        ),
        sa.PrimaryKeyConstraint("request_id", "recipient", name=op.f("pk_request_recipient")),
    )
