"""Subtrees of the consent tree, erasable leaves, and the text's hash in the record."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_BATCH = 5_000

# The one way out of the ledger: the leaf's hash stays behind, and the salt has gone first.
_ONLY_AS_A_HASH = """
CREATE FUNCTION refuse_unless_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM consent_erasure e WHERE e.leaf_index = OLD.leaf_index AND e.leaf_hash = OLD.leaf_hash)
     AND NOT EXISTS (SELECT 1 FROM consent_salt s WHERE s.record_id = OLD.id) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'consent_record only ever grows: DELETE is refused' USING ERRCODE = 'insufficient_privilege';
END $$
"""
_ONLY_OF_A_RECORD = """
CREATE FUNCTION refuse_other_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM consent_record r WHERE r.leaf_index = NEW.leaf_index AND r.leaf_hash = NEW.leaf_hash) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'no record has this leaf' USING ERRCODE = 'insufficient_privilege';
END $$
"""


def upgrade() -> None:
    op.add_column(
        "consent_record", sa.Column("text_sha256", sa.LargeBinary(), server_default="", nullable=False)
    )
    op.create_table(
        "consent_node",
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name=op.f("pk_consent_node")),
    )
    op.create_table(
        "consent_erasure",
        sa.Column("leaf_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_consent_erasure")),
    )
    for table in ("consent_erasure", "consent_node"):
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM CURRENT_USER")
        op.execute(
            f"CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    op.execute(_ONLY_AS_A_HASH)
    op.execute(_ONLY_OF_A_RECORD)
    op.execute("DROP TRIGGER only_grows ON consent_record")
    op.execute(
        "CREATE TRIGGER only_grows BEFORE UPDATE ON consent_record FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER only_as_a_hash BEFORE DELETE ON consent_record "
        "FOR EACH ROW EXECUTE FUNCTION refuse_unless_erased()"
    )
    op.execute(
        "CREATE TRIGGER only_of_a_record BEFORE INSERT ON consent_erasure "
        "FOR EACH ROW EXECUTE FUNCTION refuse_other_leaves()"
    )
    op.execute("GRANT DELETE ON consent_record TO CURRENT_USER")
    _fill_nodes()


def _fill_nodes() -> None:
    """The subtrees of the leaves that are there, level by level."""
    bind = op.get_bind()
    table = sa.table(
        "consent_node",
        sa.column("level", sa.SmallInteger),
        sa.column("position", sa.BigInteger),
        sa.column("hash", sa.LargeBinary),
    )
    rows = bind.execute(sa.text("SELECT leaf_hash FROM consent_record ORDER BY leaf_index"))
    hashes = [bytes(row.leaf_hash) for row in rows]
    level = 0
    while len(hashes) > 1:
        level += 1
        pairs = zip(hashes[::2], hashes[1::2], strict=False)
        hashes = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs]
        for start in range(0, len(hashes), _BATCH):
            some = enumerate(hashes[start : start + _BATCH], start)
            op.bulk_insert(table, [{"level": level, "position": n, "hash": each} for n, each in some])
