"""Use cases of the list of consents."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from kernel.db import AnySession, Database
from kernel.rpc.call import note_subjects
from services.privacy.consent.life.lapsing import Lapsing
from services.privacy.consent.model import State
from services.privacy.consent.standings import store
from services.privacy.consent.standings.model import Counts, Filter, Standing, Wanted


class StandingService:
    """Shows where consents stand to whoever answers for them."""

    def __init__(self, database: Database, lapsing: Lapsing) -> None:
        self._database = database
        self._lapsing = lapsing

    async def list_standings(self, wanted: Wanted, *, before: int | None, limit: int) -> list[Standing]:
        """The records that count, the most recent first. One more than `limit` if there are more."""
        async with self._database.reading() as session:
            found = await store.listed(session, wanted, before=before, limit=limit + 1)
            ends = await self._lapsing.last_days(session, [each.record for each in found])
        note_subjects(each.record.contact_id for each in found[:limit])
        return [replace(each, last_day=ends.get(each.record.id)) for each in found]

    async def get_standing_counts(self, asked: Filter) -> Counts:
        """How many there are in each state."""
        async with self._database.reading() as session:
            return await store.counted(session, asked)

    async def refusing(
        self, session: AnySession, contact_ids: Sequence[uuid.UUID], channel: int
    ) -> frozenset[uuid.UUID]:
        """Which of these contacts have said no to any topic on this channel; in a use case of another area."""
        return await store.refusing(session, contact_ids, channel)

    async def consenting(self, session: AnySession) -> frozenset[uuid.UUID]:
        """Everybody with a consent that holds now; in a use case of another area."""
        return await store.consenting(session)

    async def last_words(
        self, session: AnySession, contact_ids: Sequence[uuid.UUID]
    ) -> dict[uuid.UUID, State]:
        """The state of each contact's newest record; in a use case of another area."""
        return await store.last_words(session, contact_ids)
