"""The audit says of which department somebody was and from where they came, and is searched by person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    departments = sa.dialects.postgresql.ARRAY(sa.Text())
    op.add_column(
        "audit_entry", sa.Column("teams", departments, server_default=sa.text("'{}'"), nullable=False)
    )
    op.add_column("audit_entry", sa.Column("origin", sa.Text(), nullable=True))
    op.create_index("ix_audit_entry_actor_seq", "audit_entry", ["actor", "seq"])
