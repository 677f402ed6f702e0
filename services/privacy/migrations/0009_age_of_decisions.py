"""Decisions whose time is over are found without reading all of them."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not concurrently: that waits for every transaction, also for the next process's that waits for this migration.
    op.create_index("ix_permit_decision_decided_at", "permit_decision", ["decided_at"])
