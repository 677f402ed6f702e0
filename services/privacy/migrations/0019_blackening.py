"""Decisions about texts that name others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passage_decision",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("passage", sa.LargeBinary(), nullable=False),
        sa.Column("spans", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["subject_request.id"],
            name=op.f("fk_passage_decision_request_id_subject_request"),
        ),
        sa.PrimaryKeyConstraint("request_id", "passage", name=op.f("pk_passage_decision")),
    )
