"""Decisions by contact in their order, and by batch: for the log of decisions."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_permit_decision_contact_id_decided_at_id"),
        "permit_decision",
        ["contact_id", "decided_at", "id"],
    )
    op.create_index(op.f("ix_permit_decision_batch_id"), "permit_decision", ["batch_id"])
    # The new one begins with the same column.
    op.drop_index(op.f("ix_permit_decision_contact_id"), table_name="permit_decision")
