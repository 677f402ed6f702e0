"""The address of whom an imported row is about, apart from all that it mentions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rows of earlier files stay without it: they are gone within 30 days, and till then they are only erased by it.
    op.add_column("import_row", sa.Column("email_key", sa.Text(), server_default="", nullable=False))
