"""What is overdue in the inbox is found without reading all of it."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not concurrently: that waits for every transaction, also for the next process's that waits for this migration.
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"])
