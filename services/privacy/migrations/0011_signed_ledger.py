"""The ledger's rows carry their signature: a row that somebody slipped in is told from one that we wrote."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rows of before stay without one: their signed statement is in the stream, and signing them now would
    # launder whatever somebody has slipped in.
    op.add_column("erasure_ledger", sa.Column("signature", sa.LargeBinary(), nullable=True))
