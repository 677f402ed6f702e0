"""The registers: versions that only ever grow, and what each holder declared last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "holder_description",
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("description", sa.LargeBinary(), nullable=False),
        sa.Column("described_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("holder", name=op.f("pk_holder_description")),
    )
    op.create_table(
        "register_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("register", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_version")),
        sa.UniqueConstraint("entry_id", "version", name=op.f("uq_register_version_entry_id_version")),
    )
    op.create_index(
        op.f("ix_register_version_register_entry_id_version"),
        "register_version",
        ["register", "entry_id", "version"],
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON register_version FROM CURRENT_USER")
    op.execute(
        "CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON register_version "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER only_grows_as_a_whole BEFORE TRUNCATE ON register_version "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
