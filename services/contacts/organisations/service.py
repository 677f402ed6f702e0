"""Use cases of organisations."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from kernel.clock import Clock, SystemClock
from kernel.db import AnySession, Database, WriteSession
from kernel.errors import InvalidArgument
from services.contacts.organisations import store
from services.contacts.organisations.model import OrganisationNotFound, OrganisationView
from services.contacts.text import clean, search_words


class OrganisationsService:
    """Companies, authorities and clubs, found again by name."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()

    async def create_organisation(self, *, name: str, website: str, city: str) -> OrganisationView:
        """Adds one. Two may share a name: there are many "Autohaus Müller"."""
        if not clean(name):
            raise InvalidArgument(
                "An organisation needs a name.",
                reason="FIELDS_INVALID",
                violations={"organisation.name": "must not be empty"},
            )
        async with self._database.transaction() as session:
            organisation_id = await store.add(
                session, name=clean(name), website=clean(website), city=clean(city)
            )
            found = await store.find(session, organisation_id)
        assert found is not None
        return found

    async def get_organisation(self, organisation_id: uuid.UUID) -> OrganisationView:
        """Errors: OrganisationNotFound."""
        async with self._database.reading() as session:
            found = await store.find(session, organisation_id)
        if found is None:
            raise OrganisationNotFound
        return found

    async def list_organisations(
        self, query: str, *, after: tuple[str, uuid.UUID] | None, limit: int
    ) -> list[OrganisationView]:
        """By name; one more than `limit` if there are more."""
        async with self._database.reading() as session:
            return await store.page(session, search_words(query), after=after, limit=limit + 1)

    async def note_unrelated(self) -> None:
        """Once a day, for the period that begins when the last relation ends."""
        async with self._database.transaction() as session:
            await store.note_unrelated(session, self._clock.now())

    async def names_of(self, session: AnySession, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
        """Names of those of the ids that exist, inside another area's use case."""
        return await store.names_of(session, ids)

    async def ensure_all(self, session: WriteSession, names: Collection[str]) -> dict[str, uuid.UUID]:
        """Finds organisations by name and adds the missing ones, inside another area's use case.

        Answers folded name → id. Callers hold the lock of imports.
        """
        return await store.ensure_all(session, names)
