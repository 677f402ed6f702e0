"""Use case of people without a basis."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from kernel.db import Database
from kernel.rpc.call import note_subjects
from services.privacy.bases import store
from services.privacy.bases.model import Wanted, Without


@dataclass(frozen=True, slots=True)
class Found:
    """A page of them, how many there are by why, and when everybody was asked."""

    contacts: list[Without]
    counts: dict[str, int]
    surveyed_at: datetime | None

    def total(self, why: str) -> int:
        """How many of one kind, or of all."""
        return self.counts.get(why, 0) if why else sum(self.counts.values())


class BasisService:
    """Shows what the last survey found."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_contacts_without_basis(
        self, wanted: Wanted, *, after: tuple[datetime, uuid.UUID] | None, limit: int
    ) -> Found:
        """Those created last come first. One more than `limit` if there are more."""
        async with self._database.reading() as session:
            contacts = await store.listed(session, wanted, after=after, limit=limit + 1)
            counts = await store.counted(session, wanted)
            at = await store.surveyed_at(session)
        note_subjects(each.person.contact_id for each in contacts[:limit])
        return Found(contacts, counts, at)
