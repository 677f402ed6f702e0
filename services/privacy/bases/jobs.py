"""Timed use case of bases: asks every service whom it holds, and takes off whoever has a basis."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from kontor.privacy.v1 import bases_pb2

from kernel.clock import Clock, from_timestamp
from kernel.db import AnySession, Database
from kernel.erased import erased_among
from services.privacy.bases import store
from services.privacy.bases.model import Person, why
from services.privacy.clients import BasisSource
from services.privacy.consent.standings.service import StandingService

# Everybody who is held on one basis, as an area of this service knows it.
Basis = Callable[[AnySession], Awaitable[frozenset[uuid.UUID]]]


class BasisJobs:
    """Surveys everybody. A service that is down: what the last survey found stays, with its time."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        contacts: BasisSource,
        others: Sequence[BasisSource],
        bases: Sequence[Basis],
        standings: StandingService,
    ) -> None:
        self._database = database
        self._clock = clock
        self._contacts = contacts
        self._others = tuple(others)
        self._bases = tuple(bases)
        self._standings = standings

    async def survey(self) -> None:
        """Finds everybody whom nothing permits to hold. Errors: Unavailable, if a service does not answer."""
        # Contacts first: who comes while the others are asked is met by the next survey.
        without = {person.contact_id: person async for person in _people(self._contacts)}
        for source in self._others:
            async for subject in source.subjects():
                without.pop(uuid.UUID(subject.contact_id), None)
        async with self._database.transaction() as session:
            for basis in self._bases:
                for contact_id in await basis(session):
                    without.pop(contact_id, None)
            # Whoever was erased while the others were asked must not come back by this.
            for contact_id in await erased_among(session, without.keys()):
                del without[contact_id]
            last = await self._standings.last_words(session, list(without))
            found = [(person, why(last.get(person.contact_id))) for person in without.values()]
            await store.keep(session, found, at=self._clock.now())


async def _people(contacts: BasisSource) -> AsyncIterator[Person]:
    async for subject in contacts.subjects():
        if not subject.has_basis:
            yield _person(subject)


def _person(subject: bases_pb2.SubjectBasis) -> Person:
    created_at = from_timestamp(subject.create_time)
    assert created_at is not None
    return Person(uuid.UUID(subject.contact_id), created_at, subject.source)
