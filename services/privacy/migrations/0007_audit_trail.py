"""The audit says of which department somebody was and from where they came; what is unusual is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    departments = sa.dialects.postgresql.ARRAY(sa.Text())
    op.add_column(
        "audit_entry", sa.Column("teams", departments, server_default=sa.text("'{}'"), nullable=False)
    )
    op.add_column("audit_entry", sa.Column("origin", sa.Text(), nullable=True))
    op.create_index("ix_audit_entry_actor_seq", "audit_entry", ["actor", "seq"])
    op.create_table(
        "access_alert",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.SmallInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("usual", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("judgement", sa.SmallInteger(), nullable=False),
        sa.Column("judged_by", sa.Text(), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_access_alert"),
    )
    op.create_index("ix_access_alert_contact_id", "access_alert", ["contact_id"])
    op.create_index("ix_access_alert_created_at_id", "access_alert", ["created_at", "id"])
    op.create_index(
        "ix_access_alert_open", "access_alert", ["created_at"], postgresql_where=sa.text("judgement = 0")
    )
    op.create_index(
        "uq_access_alert_found",
        "access_alert",
        ["rule", "actor", "contact_id", "day"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "watched_contact",
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name="pk_watched_contact"),
    )
