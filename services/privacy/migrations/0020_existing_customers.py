"""Existing customers: sales, the notices that were shown, objections, and the sale that a decision rests on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "objection_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("in_use_since", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objection_notice")),
        sa.UniqueConstraint("language", "version", name=op.f("uq_objection_notice_language_version")),
    )
    op.create_table(
        "customer_objection",
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("objected_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_customer_objection")),
    )
    op.create_table(
        "customer_sale",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(), nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("sold_on", sa.Date(), nullable=False),
        sa.Column("collected_on", sa.Date(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("end_reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["objection_notice.id"], name=op.f("fk_customer_sale_notice_id_objection_notice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_sale")),
    )
    op.create_index(op.f("ix_customer_sale_contact_id"), "customer_sale", ["contact_id"])
    op.create_index(op.f("ix_customer_sale_ends_on"), "customer_sale", ["ends_on"])
    op.create_index(
        "uq_customer_sale_told",
        "customer_sale",
        ["contact_id", "reference", "category"],
        unique=True,
        postgresql_where=sa.text("end_reason <> 'mistake'"),
    )
    op.add_column("permit_decision", sa.Column("sale_id", sa.Uuid(), nullable=True))
