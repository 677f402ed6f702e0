"""Why and since when a request stands still."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subject_request", sa.Column("problem", sa.Text(), server_default="", nullable=False))
    op.add_column("subject_request", sa.Column("stalled_at", sa.DateTime(timezone=True), nullable=True))
