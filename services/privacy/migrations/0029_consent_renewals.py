"""Questions about consents that end, so that none is asked twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent_renewal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_renewal")),
        sa.UniqueConstraint("consent_id", "last_day", name=op.f("uq_consent_renewal_consent_id_last_day")),
    )
    op.create_index(op.f("ix_consent_renewal_asked_at"), "consent_renewal", ["asked_at"], unique=False)
