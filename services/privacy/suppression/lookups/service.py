"""Use cases of looking an address up."""

from __future__ import annotations

import uuid
from datetime import datetime

from kernel.clock import Clock
from kernel.db import Database
from kernel.identity import Principal
from kernel.ids import new_id
from services.privacy.suppression.lookups import store
from services.privacy.suppression.lookups.model import MOST, WITHIN, LookUp, TooManyLookUps, require_reason
from services.privacy.suppression.model import Address, require_address
from services.privacy.suppression.service import SuppressionService


class LookUpService:
    """Answers one address at a time; the look is kept in the transaction that answers."""

    def __init__(self, database: Database, clock: Clock, *, suppression: SuppressionService) -> None:
        self._database = database
        self._clock = clock
        self._suppression = suppression

    async def look_up(self, address: Address, *, reason: str, caller: Principal) -> LookUp:
        """Whether the address is on the list. Errors: LookUpReasonUnknown, AddressInvalid, TooManyLookUps."""
        require_reason(reason)
        require_address(address)
        now = self._clock.now()
        async with self._database.transaction() as session:
            if await store.count_since(session, caller.subject, now - WITHIN) >= MOST:
                raise TooManyLookUps(f"More than {MOST} looks at the list in an hour.")
            (suppressed,) = await self._suppression.suppressed(session, [address])
            look = LookUp(new_id(), now, caller.subject, reason, address.channel, suppressed)
            await store.add(session, look)
        return look

    async def list_look_ups(self, *, after: tuple[datetime, uuid.UUID] | None, limit: int) -> list[LookUp]:
        """Looks of everybody, the newest first; one more than `limit` if there are more."""
        async with self._database.reading() as session:
            return await store.listed(session, after=after, limit=limit + 1)
