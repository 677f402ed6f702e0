"""Use cases of audiences."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from kernel.db import Database
from kernel.ids import new_id
from services.campaigns.audiences import store
from services.campaigns.audiences.model import Audience, AudienceNotFound, Draft, Forecast
from services.campaigns.clients import BATCH, Neighbours


class AudiencesService:
    """Whom a campaign is for."""

    def __init__(self, database: Database, *, neighbours: Neighbours) -> None:
        self._database = database
        self._contacts = neighbours.contacts
        self._privacy = neighbours.privacy

    async def create_audience(self, draft: Draft) -> Audience:
        """Keeps the question, not the answer: who belongs to it is asked when a campaign starts."""
        async with self._database.transaction() as session:
            return await store.insert(session, new_id(), draft)

    async def get_audience(self, audience_id: uuid.UUID) -> Audience:
        """Errors: AudienceNotFound."""
        async with self._database.reading() as session:
            found = await store.find(session, audience_id)
        if found is None:
            raise AudienceNotFound
        return found

    async def list_audiences(self, *, after: uuid.UUID | None, limit: int) -> Sequence[Audience]:
        """A page, newest first."""
        async with self._database.reading() as session:
            return await store.newest(session, after=after, limit=limit)

    async def preview_audience(self, audience_id: uuid.UUID, *, category: str = "") -> Forecast:
        """Counts only, by reason; with `category` of a campaign that also goes to existing customers.

        Errors: AudienceNotFound.
        """
        draft = (await self.get_audience(audience_id)).draft
        forecast = Forecast()
        cursor = ""
        while True:
            ids, cursor = await self._contacts.select_ids(draft.filter, page_size=BATCH, cursor=cursor)
            people = await self._contacts.people(ids)
            decisions = await self._privacy.preview(
                draft.topic, {person.id: person.email for person in people.values()}, category=category
            )
            forecast.contacts += len(people)
            forecast.permitted += sum(one.permitted for one in decisions.values())
            forecast.denied.update(one.reason for one in decisions.values() if not one.permitted)
            if not cursor:
                return forecast
