"""Use cases of the timeline: facts go in, pages come out."""

from __future__ import annotations

import uuid
from datetime import datetime

from kernel.consuming import Delivered
from kernel.db import Database
from services.contacts.timeline import store
from services.contacts.timeline.store import Entry


class TimelineService:
    """What happened with a contact in every service."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, fact: Delivered, *, reference_id: str, internal: bool = False) -> None:
        """Enters a fact that names its contact. Facts without a contact, or about one that is gone, are passed over."""
        if not fact.message.contact_id:
            return
        entry = Entry(
            fact_id=fact.id,
            contact_id=uuid.UUID(fact.message.contact_id),
            happened_at=fact.occurred_at,
            kind=fact.message.DESCRIPTOR.full_name,
            reference_id=reference_id,
            internal=internal,
        )
        async with self._database.transaction() as session:
            await store.add(session, entry)

    async def list_timeline(
        self,
        contact_id: uuid.UUID,
        *,
        with_internal: bool,
        after: tuple[datetime, uuid.UUID] | None,
        limit: int,
    ) -> list[Entry]:
        """Newest first; one more than `limit` if there are more."""
        async with self._database.reading() as session:
            return await store.page(
                session, contact_id, with_internal=with_internal, after=after, limit=limit + 1
            )
