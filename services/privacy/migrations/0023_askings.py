"""Askings without a login, and what people write beside a request."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("ground", sa.SmallInteger(), nullable=False),
        sa.Column("objection", sa.SmallInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("client_mac", sa.LargeBinary(), nullable=True),
        sa.Column("code_mac", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("letter", sa.SmallInteger(), nullable=False),
        sa.Column("letter_wanted", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asking")),
    )
    op.create_index("ix_asking_email", "asking", [sa.text("lower(email)")], unique=False)
    op.create_index("ix_asking_client_mac_asked_at", "asking", ["client_mac", "asked_at"], unique=False)
    op.create_index(
        "ix_asking_letter_wanted", "asking", ["id"], unique=False, postgresql_where=sa.text("letter_wanted")
    )
    op.create_index(
        "ix_asking_unsettled",
        "asking",
        ["confirmed_at"],
        unique=False,
        postgresql_where=sa.text("confirmed_at IS NOT NULL AND settled_at IS NULL AND letter = 1"),
    )
    op.create_table(
        "request_message",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["subject_request.id"],
            name=op.f("fk_request_message_request_id_subject_request"),
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_request_message")),
    )
