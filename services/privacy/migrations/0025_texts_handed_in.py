"""Who handed a draft of a consent text in for approval, and when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consent_draft", sa.Column("handed_in_by", sa.Text(), nullable=True))
    op.add_column("consent_draft", sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=True))
