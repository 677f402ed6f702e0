"""What a login was opened with, and which logout tokens were obeyed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default: the previous release goes on opening logins without it.
    op.add_column("logins", sa.Column("device", sa.String(length=32), server_default="", nullable=False))
    op.create_index("ix_logins_issuer_subject", "logins", ["issuer", "subject"])
    op.create_table(
        "logout_tokens",
        sa.Column("id_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id_hash", name="pk_logout_tokens"),
    )
    op.create_index("ix_logout_tokens_expires_at", "logout_tokens", ["expires_at"])
