"""Alembic's environment: runs on the connection that kernel.migrate hands over."""

from __future__ import annotations

from typing import Any

from alembic import context
from alembic.operations import ops


def leave_out_declarations(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Declarations of personal data belong to the code of today, not to the schema of a day long ago."""
    for script in directives:
        for operation in script.upgrade_ops.ops:
            if isinstance(operation, ops.CreateTableOp):
                operation.info = {}
                operation.kw.pop("info", None)


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes["metadata"],
    compare_type=True,
    compare_server_default=False,
    transaction_per_migration=True,
    process_revision_directives=leave_out_declarations,
)
with context.begin_transaction():
    context.run_migrations()
