"""What goes without asking anybody: technical rows whose deletion class is over, in small batches."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Table, text

from kernel.clock import Clock, SystemClock
from kernel.db import Database
from kernel.holder.deleting import delete_batch, is_technical
from kernel.leases import Job

# So few that nobody waits long for a lock on them.
BATCH = 5_000

_PLANS_KNOW = timedelta(days=90)
# Nobody executes a plan so old without having it made anew: it was withdrawn, refused, or replaced.
_FORGET_IDENTIFIERS = text(
    "UPDATE erasure_plan SET identifiers = NULL "
    "WHERE executed_at IS NULL AND identifiers IS NOT NULL AND created_at < :before"
)


def housekeeping(database: Database, clock: Clock | None = None) -> Job:
    """The job that deletes overdue technical rows, table by table. All others go in the daily run, which asks."""
    tables = [table for table in reversed(database.metadata.sorted_tables) if is_technical(table)]

    async def delete_overdue() -> None:
        now = (clock or SystemClock()).now()
        failed = await sweep(database, tables, clock=clock)
        async with database.begin() as session:
            await session.execute(_FORGET_IDENTIFIERS, {"before": now - _PLANS_KNOW})
        if failed is not None:
            raise failed

    return delete_overdue


async def sweep(
    database: Database, tables: Iterable[Table], *, clock: Clock | None = None
) -> Exception | None:
    """Deletes what is overdue in these tables, a transaction for each batch; answers the first failure."""
    failed: Exception | None = None
    for table in tables:
        try:
            await _sweep(database, table, clock or SystemClock())
        except Exception as error:
            # One table that takes too long must not keep the rows of the others beyond their time.
            failed = failed or error
    return failed


async def _sweep(database: Database, table: Table, clock: Clock) -> None:
    more = True
    while more:
        async with database.begin() as session:
            await session.take_time()
            batch, _ = await delete_batch(session, table, clock.now(), limit=BATCH)
        more = batch.more
