"""Timed use cases of permits: decisions go when their time is over."""

from __future__ import annotations

from kernel.clock import Clock
from kernel.db import Database
from services.privacy.permits import store

# One transaction deletes at most so many: a backlog of years must not hold its locks until the end.
BATCH = 5_000


class PermitJobs:
    """What happens to decisions without anybody asking."""

    def __init__(self, database: Database, clock: Clock, *, batch: int = BATCH) -> None:
        self._database = database
        self._clock = clock
        self._batch = batch

    async def delete_overdue(self) -> None:
        """Deletes decisions after their three years, batch by batch; stopped half-way, the next run goes on."""
        now = self._clock.now()
        deleted = self._batch
        while deleted == self._batch:
            async with self._database.transaction() as session:
                deleted = await store.delete_overdue(session, now, limit=self._batch)
