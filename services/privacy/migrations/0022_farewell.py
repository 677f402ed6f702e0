"""Whom the last mail after an erasure goes to, sealed until it has gone out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_farewell",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["subject_request.id"],
            name=op.f("fk_request_farewell_request_id_subject_request"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_farewell")),
    )
    op.create_index(op.f("ix_request_farewell_request_id"), "request_farewell", ["request_id"], unique=False)
