"""Use case of the deletion concept: records whose time is over leave their hash in the tree and nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime

from kernel.clock import Clock
from kernel.db import AnySession, Database
from services.privacy.consent import store
from services.privacy.consent.tables import KEEP_YEARS

_BATCH = 500
# Contacts of whom nothing is deleted now: a legal hold, a restriction, an open request.
Exempt = Callable[[AnySession], Awaitable[frozenset[uuid.UUID]]]


class ConsentErasing:
    """Deletes what need not be proven any more (§ 7a(2) UWG: five years after the last use).

    A withdrawal, refusal or expiry ends the use; what is still given is in use, however old it is.
    """

    def __init__(self, database: Database, clock: Clock, *, exempt: Exempt) -> None:
        self._database = database
        self._clock = clock
        self._exempt = exempt

    async def count_overdue(self, *, most: int = 100_000) -> int:
        """How many records `delete_overdue` would delete, at most so many."""
        async with self._database.reading() as session:
            return len(await self._overdue(session, limit=most))

    async def delete_overdue(self) -> int:
        """Deletes every overdue record, some hundred a transaction; answers how many."""
        deleted = 0
        while True:
            async with self._database.transaction() as session:
                ids = await self._overdue(session, limit=_BATCH)
                if ids:
                    await store.erase(session, ids, at=self._clock.now())
            deleted += len(ids)
            if len(ids) < _BATCH:
                return deleted

    async def _overdue(self, session: AnySession, *, limit: int) -> list[uuid.UUID]:
        spared = await self._exempt(session)
        return await store.overdue(session, ended_before=self._ended_before(), spared=spared, limit=limit)

    def _ended_before(self) -> datetime:
        now = self._clock.now()
        # 29 February has no anniversary in most years; a day earlier deletes nothing too early.
        day = 28 if (now.month, now.day) == (2, 29) else now.day
        return now.replace(year=now.year - KEEP_YEARS, day=day)
