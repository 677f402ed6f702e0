"""Timed use case: asks campaigns for every mail that a step has wished for.

The wish to tell is a row of the step's own transaction, so nothing is forgotten; its id names the mail, so nothing
is told twice. A campaigns service that is down only delays the mail, never the request.
"""

from __future__ import annotations

from kernel import telemetry
from kernel.clock import Clock
from kernel.db import Database
from kernel.errors import DomainError, Unavailable
from services.privacy.clients import NoticesClient
from services.privacy.requests.notices import store

log = telemetry.get_logger(__name__)

_AT_ONCE = 100


class RequestNotices:
    """Runs under a lease."""

    def __init__(self, database: Database, clock: Clock, *, campaigns: NoticesClient) -> None:
        self._database = database
        self._clock = clock
        self._campaigns = campaigns

    async def tell(self) -> None:
        """Hands every open notice to campaigns. One that is not taken holds up no other."""
        async with self._database.transaction() as session:
            await store.give_up(session)
            untold = await store.untold(session, limit=_AT_ONCE)
        for notice in untold:
            try:
                await self._campaigns.send(notice)
            except Unavailable:
                # Nobody is there; the next run asks again.
                return
            except DomainError as error:
                log.error("notice not taken", request_id=notice.request_id, reason=error.reason)
                continue
            async with self._database.transaction() as session:
                await store.told(session, notice.id, at=self._clock.now())
