"""Use cases of legal holds."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import date

from kernel.clock import Clock
from kernel.db import AnySession, Database
from kernel.ids import new_id
from kernel.rpc.call import note_subjects
from services.privacy.holds import store
from services.privacy.holds.model import Hold, HoldExists, HoldNotFound, require_grounds


class HoldService:
    """Places, releases and lists; `wake` lets what a hold has stopped go on."""

    def __init__(self, database: Database, clock: Clock, *, wake: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._wake = wake

    async def place_hold(self, *, contact_id: uuid.UUID, reason: str, review_date: str) -> Hold:
        """From now on nothing of this contact is deleted or erased. Errors: InvalidArgument, HoldExists."""
        now = self._clock.now()
        review_on = require_grounds(reason, review_date, today=now.date())
        hold = Hold(new_id(), contact_id, reason, review_on, now)
        note_subjects([contact_id])
        async with self._database.transaction() as session:
            if not await store.add(session, hold):
                (other,) = await store.listed(session, contact_id=contact_id, after=None, limit=1)
                raise HoldExists("This contact has a hold.", metadata={"id": str(other.id)})
        return hold

    async def release_hold(self, hold_id: uuid.UUID) -> Hold:
        """Errors: HoldNotFound."""
        async with self._database.transaction() as session:
            hold = await store.release(session, hold_id, self._clock.now())
        if hold is None:
            raise HoldNotFound("There is no such hold in force.")
        note_subjects([hold.contact_id])
        self._wake()
        return hold

    async def list_holds(
        self, *, contact_id: uuid.UUID | None, after: tuple[date, uuid.UUID] | None, limit: int
    ) -> list[Hold]:
        """Holds in force; one more than `limit` if there are more."""
        async with self._database.reading() as session:
            found = await store.listed(session, contact_id=contact_id, after=after, limit=limit + 1)
        note_subjects(hold.contact_id for hold in found[:limit])
        return found

    async def reasons(self, session: AnySession, contact_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
        """Which of these contacts are under a hold, and why; in a use case of another area."""
        return await store.reasons(session, contact_ids)

    async def held(self, session: AnySession) -> frozenset[uuid.UUID]:
        """All contacts under a hold; for the deletion run."""
        return frozenset(await store.reasons(session, None))
