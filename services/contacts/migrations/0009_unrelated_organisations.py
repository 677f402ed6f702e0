"""Since when an organisation has no relation: the start of its period."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organisation", sa.Column("unrelated_since", sa.DateTime(timezone=True), nullable=True))
