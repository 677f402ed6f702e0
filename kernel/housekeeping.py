"""What the kernel's own tables owe to their deletion classes."""

from __future__ import annotations

from sqlalchemy import text

from kernel.db import Database
from kernel.leases import Job

_OVERDUE = (
    text("DELETE FROM idempotency WHERE created_at < now() - interval '24 hours'"),
    text("DELETE FROM inbox WHERE received_at < now() - interval '30 days'"),
    text("DELETE FROM audit_entry WHERE occurred_at < now() - interval '3 years'"),
    text("DELETE FROM client_usage WHERE day < current_date - 35"),
    text("DELETE FROM erasure_plan WHERE coalesce(executed_at, created_at) < now() - interval '3 years'"),
    # No order is on its way for so long.
    text("DELETE FROM restricted_subject WHERE lifted_at < now() - interval '30 days'"),
    # Nobody executes a plan so old without having it made anew: it was withdrawn, refused, or replaced.
    text(
        "UPDATE erasure_plan SET identifiers = NULL "
        "WHERE executed_at IS NULL AND identifiers IS NOT NULL AND created_at < now() - interval '90 days'"
    ),
)


def housekeeping(database: Database) -> Job:
    """The job that deletes overdue rows of the kernel's tables, one transaction each."""

    async def delete_overdue() -> None:
        failed: Exception | None = None
        for statement in _OVERDUE:
            try:
                async with database.begin() as session:
                    await session.take_time()
                    await session.execute(statement)
            except Exception as error:
                # One table that takes too long must not keep the rows of the others beyond their time.
                failed = failed or error
        if failed is not None:
            raise failed

    return delete_overdue
