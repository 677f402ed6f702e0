"""Which contacts a login reaches: the finder that the kernel asks on each customer's call."""

from __future__ import annotations

import uuid

from kernel.db import Database
from kernel.identity import Principal
from kernel.own_contact import Reach, RememberedReach
from kernel.rpc.rows import team_rows
from services.contacts.logins import store
from services.contacts.logins.model import Visibility
from services.contacts.people.service import PeopleService


class LocalOwnContact(RememberedReach):
    """The kernel's question "whose login is this?", answered from our own table."""

    def __init__(self, database: Database, people: PeopleService) -> None:
        super().__init__()
        self._database = database
        self._people = people

    async def look_up(self, principal: Principal) -> Reach | None:
        """What our table of logins says now."""
        async with self._database.reading() as session:
            login = await store.by_subject(session, principal.subject)
            if login is None:
                return None
            opened = login.visibility is Visibility.ORGANISATION
            colleagues = await self._people.colleagues(session, login.contact_id) if opened else []
        return Reach(login.contact_id, frozenset(c.contact_id for c in colleagues))

    async def is_of_team(self, principal: Principal, contact_id: uuid.UUID) -> bool:
        """Whether the contact is within the caller's team rows."""
        async with self._database.reading() as session:
            return await self._people.is_within(session, contact_id, team_rows(principal))
