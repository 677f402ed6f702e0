"""Addresses that were erased a moment ago."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erased_address",
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_erased_address")),
    )
    op.create_index(op.f("ix_erased_address_erased_at"), "erased_address", ["erased_at"], unique=False)
