"""Whose processing is restricted here (Art. 18 GDPR)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "restricted_subject",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("grounds", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_restricted_subject")),
    )
    op.create_index(op.f("ix_restricted_subject_lifted_at"), "restricted_subject", ["lifted_at"])
    op.create_table(
        "restriction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("ground", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("in_force_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lift_on", sa.Date(), nullable=True),
        sa.Column("lift_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restriction")),
    )
    op.create_index(op.f("ix_restriction_contact_id"), "restriction", ["contact_id"])
    op.create_table(
        "restriction_order",
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("grounds", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_restriction_order")),
    )
    op.create_index(op.f("ix_restriction_order_contact_id"), "restriction_order", ["contact_id"])
    op.create_index(
        "ix_restriction_order_open",
        "restriction_order",
        ["number"],
        postgresql_where=sa.text("completed_at IS NULL"),
    )
    op.create_table(
        "restriction_receipt",
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["number"],
            ["restriction_order.number"],
            name=op.f("fk_restriction_receipt_number"),
        ),
        sa.PrimaryKeyConstraint("number", "holder", name=op.f("pk_restriction_receipt")),
    )
