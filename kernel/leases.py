"""Timed jobs: each runs in one process at a time, held by a lease in the database."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from time import monotonic

from sqlalchemy import text

from kernel import telemetry
from kernel.db import Database
from kernel.errors import DomainError
from kernel.tasks import end

log = telemetry.get_logger(__name__)

# The rest of a lease that nobody renews is for the job to stop in.
_SHARE_TO_WORK_IN = 0.8

Job = Callable[[], Awaitable[object]]

_TAKE = text(
    "INSERT INTO lease (name, holder, until) VALUES (:name, :holder, now() + make_interval(secs => :seconds)) "
    "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until "
    "WHERE lease.until < now() OR lease.holder = excluded.holder RETURNING 1"
)
_RELEASE = text("DELETE FROM lease WHERE name = :name AND holder = :holder")


class TimedJob:
    """Runs `job` every `every` seconds in at most one process.

    The lease outlives a run by its length, so a killed process delays the job by `lease` seconds
    at most. `wake()` runs it at once. A job that fails is logged and tried again at the next turn.
    """

    def __init__(self, name: str, job: Job, *, database: Database, every: float, lease: float = 10.0) -> None:
        self.name = name
        self._job = job
        self._database = database
        self._every = every
        self._lease = lease
        self._holder = uuid.uuid4()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Asks for a run now instead of at the next turn."""
        self._wake.set()

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            self._wake.clear()
            try:
                await self._turn()
            except asyncio.CancelledError:
                raise
            except DomainError as error:
                log.warning("job waits", job=self.name, reason=error.reason)
            except Exception as error:
                log.error("job failed", job=self.name, **telemetry.place_of(error))
            try:
                await asyncio.wait_for(self._wake.wait(), self._every)
            except TimeoutError:
                continue

    async def _turn(self) -> None:
        # Before the lease begins in the database, so that it never seems longer than it is.
        started = monotonic()
        if not await self._take():
            return
        work = asyncio.ensure_future(self._job())
        renewal = asyncio.create_task(self._keep(started))
        try:
            await asyncio.wait((work, renewal), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
            else:
                # Somebody else may have begun; going on would be running twice.
                log.error("lease lost; job stopped", job=self.name)
        finally:
            # For certain: a renewal that missed its end would keep the job, and its lease, for ever.
            await end((work, renewal))
            await self._release()
            spent = monotonic() - started
            if spent > self._lease:
                log.info("long job done", job=self.name, seconds=round(spent, 1))

    async def _take(self) -> bool:
        async with self._database.begin() as session:
            taken = await session.execute(
                _TAKE, {"name": self.name, "holder": self._holder, "seconds": self._lease}
            )
            return taken.first() is not None

    async def _keep(self, taken_at: float) -> None:
        """Renews the lease; returns when it is lost, or so soon that the job has just the time to stop."""
        good_for = self._lease * _SHARE_TO_WORK_IN
        held_until = taken_at + good_for
        while monotonic() < held_until:
            await asyncio.sleep(self._lease / 3)
            asked = monotonic()
            try:
                # An answer that comes after the lease has run out is none: somebody else may have begun.
                async with asyncio.timeout(held_until - asked):
                    if not await self._take():
                        return
                held_until = asked + good_for
            except TimeoutError:
                return
            except Exception as error:
                log.warning("lease not renewed", job=self.name, **telemetry.place_of(error))

    async def _release(self) -> None:
        async with self._database.begin() as session:
            await session.execute(_RELEASE, {"name": self.name, "holder": self._holder})
