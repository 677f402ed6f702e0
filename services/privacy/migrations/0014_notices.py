"""What people are told of their requests by mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"], ["subject_request.id"], name=op.f("fk_request_notice_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_notice")),
    )
    op.create_index(op.f("ix_request_notice_request_id"), "request_notice", ["request_id"], unique=False)
    op.create_index(
        "ix_request_notice_untold",
        "request_notice",
        ["id"],
        unique=False,
        postgresql_where=sa.text("told_at IS NULL"),
    )
