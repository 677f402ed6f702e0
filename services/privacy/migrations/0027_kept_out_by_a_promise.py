"""What a promise to erase keeps out of the lists of tomorrow, so that a replay can put it back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "erasure_ledger",
        sa.Column("suppressions", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
