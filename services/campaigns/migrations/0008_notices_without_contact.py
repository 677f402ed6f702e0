"""The last mail after an erasure is about nobody whom campaigns knows."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("notice_mail", "contact_id", nullable=True)
