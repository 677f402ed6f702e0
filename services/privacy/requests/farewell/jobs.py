"""Timed use case: forgets whom a last mail went to as soon as it has gone out, or cannot."""

from __future__ import annotations

from kernel import telemetry
from kernel.clock import Clock
from kernel.db import Database
from kernel.errors import NotFound, Unavailable
from services.privacy.clients import NoticesClient
from services.privacy.requests import store as request_store
from services.privacy.requests.farewell import store
from services.privacy.requests.farewell.model import FAILED, LASTS, SENT, UnderWay
from services.privacy.requests.model import SYSTEM, Transition
from services.privacy.requests.tables import TELLING_LASTS

log = telemetry.get_logger(__name__)


class Farewells:
    """Runs under a lease. What it does is one transaction each time, so it may be killed anywhere."""

    def __init__(self, database: Database, clock: Clock, *, campaigns: NoticesClient) -> None:
        self._database = database
        self._clock = clock
        self._campaigns = campaigns

    async def tend(self) -> None:
        """Notes of every mail that has ended how it did; then no address is left of it."""
        async with self._database.reading() as session:
            handed_over = await store.handed_over(session)
        for farewell in handed_over:
            try:
                sent = await self._campaigns.has_sent(farewell.id)
            except Unavailable:
                # Nobody is there; the next run asks again.
                break
            except NotFound:
                # Forgotten there, as after a restore: it is no longer tried, and its time runs out here.
                continue
            if sent is not None:
                await self._end(farewell, SENT if sent else FAILED)
        await self._give_up()

    async def _give_up(self) -> None:
        async with self._database.reading() as session:
            overdue = await store.overdue(session, before=self._clock.now() - LASTS)
        for farewell in overdue:
            await self._end(farewell, FAILED)
        async with self._database.transaction() as session:
            await store.forget_named(session, before=self._clock.now() - TELLING_LASTS)

    async def _end(self, farewell: UnderWay, reason: str) -> None:
        async with self._database.transaction() as session:
            request = await request_store.find(session, farewell.request_id, lock=True)
            if request is None or not await store.destroy(session, farewell.id):
                return
            step = Transition(request.state, self._clock.now(), SYSTEM, reason)
            await request_store.note(session, request.id, step, tell=False)
        if reason == FAILED:
            log.warning("nobody could be told of an erasure", request_id=farewell.request_id)
