"""Logins with a name of their own and a view, invitations, and relations that share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "login",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
    )
    op.create_unique_constraint(op.f("uq_login_id"), "login", ["id"])
    op.add_column("login", sa.Column("name", sa.Text(), server_default="", nullable=False))
    op.add_column("login", sa.Column("email", sa.Text(), server_default="", nullable=False))
    op.add_column("login", sa.Column("visibility", sa.SmallInteger(), server_default="1", nullable=False))
    op.add_column("login", sa.Column("linked_by", sa.Text(), server_default="email", nullable=False))
    op.add_column("login", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("relation", sa.Column("shared", sa.Boolean(), server_default="false", nullable=False))
    op.create_table(
        "login_invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_login_invitation_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_invitation")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_login_invitation_token_sha256")),
    )
    op.create_index(op.f("ix_login_invitation_contact_id"), "login_invitation", ["contact_id"], unique=False)
