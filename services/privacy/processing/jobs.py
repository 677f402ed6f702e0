"""Asks every holder what it declares, again and again: a new column is in the record the same day."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from kernel import telemetry
from kernel.clock import Clock
from kernel.db import Database
from kernel.errors import DomainError
from services.privacy.clients import HolderClient
from services.privacy.processing import store

log = telemetry.get_logger(__name__)
# Declarations are small and in memory: who needs longer does not answer.
_PATIENCE_S = 10.0


class ProcessingJobs:
    """Keeps what holders declare."""

    def __init__(self, database: Database, clock: Clock, *, holders: Sequence[HolderClient]) -> None:
        self._database = database
        self._clock = clock
        self._holders = holders

    async def describe_holders(self) -> None:
        """Keeps every answer; of a holder that is down the last one stays, with its time."""
        await asyncio.gather(*(self._describe(holder) for holder in self._holders))

    async def _describe(self, holder: HolderClient) -> None:
        try:
            answer = await asyncio.wait_for(holder.describe(), _PATIENCE_S)
        except (DomainError, TimeoutError) as error:
            log.warning("holder does not answer", holder=holder.name, reason=type(error).__name__)
            return
        if answer.holder != holder.name:
            # Somebody else's declarations under this name would replace the right ones.
            log.warning("holder has another name", holder=holder.name)
            return
        async with self._database.transaction() as session:
            await store.keep(session, holder.name, answer.SerializeToString(), at=self._clock.now())
