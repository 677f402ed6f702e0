"""An entry may be lifted because its person wishes it, and whoever looks an address up leaves a note."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("suppression_lifting", sa.Column("contact_id", sa.Uuid(), nullable=True))
    op.add_column("suppression_lifting", sa.Column("proven_by", sa.Text(), nullable=True))
    op.alter_column("suppression_lifting", "consent_id", nullable=True)
    op.execute(
        "UPDATE suppression_lifting AS lifting SET contact_id = given.contact_id "
        "FROM consent_record AS given WHERE given.id = lifting.consent_id"
    )
    op.create_check_constraint("one_ground", "suppression_lifting", "num_nonnulls(consent_id, proven_by) = 1")
    op.create_index(op.f("ix_suppression_lifting_contact_id"), "suppression_lifting", ["contact_id"])
    op.create_index(
        op.f("ix_suppression_lifting_lifted_at_entry_id"), "suppression_lifting", ["lifted_at", "entry_id"]
    )
    op.create_table(
        "suppression_look_up",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("channel", sa.SmallInteger(), nullable=False),
        sa.Column("suppressed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression_look_up")),
    )
    op.create_index(op.f("ix_suppression_look_up_looked_at_id"), "suppression_look_up", ["looked_at", "id"])
    op.create_index(
        op.f("ix_suppression_look_up_actor_looked_at"), "suppression_look_up", ["actor", "looked_at"]
    )
