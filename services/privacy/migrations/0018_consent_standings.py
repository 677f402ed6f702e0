"""Consents by state, in the order of the ledger: for the list of where they stand."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_consent_record_state_leaf_index"), "consent_record", ["state", "leaf_index"])
