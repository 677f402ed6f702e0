"""Which contacts a login reaches: the finder that the kernel asks on each customer's call."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from time import monotonic

from kernel.db import Database
from kernel.identity import Principal
from kernel.own_contact import REMEMBERED_S, Reach
from kernel.rpc.rows import team_rows
from services.contacts.logins import store
from services.contacts.logins.model import Visibility
from services.contacts.people.service import PeopleService

_MOST = 10_000


class LocalOwnContact:
    """The kernel's question "whose login is this?", answered from our own table and remembered briefly."""

    def __init__(self, database: Database, people: PeopleService) -> None:
        self._database = database
        self._people = people
        self._known: OrderedDict[str, tuple[float, Reach]] = OrderedDict()

    async def contact_of(self, principal: Principal) -> uuid.UUID | None:
        """The contact's id; None if the login belongs to nobody."""
        reach = await self._reach(principal)
        return reach.contact_id if reach is not None else None

    def forget_login(self, subject: str) -> None:
        """Asks anew the next time."""
        self._known.pop(subject, None)

    async def colleagues_of(self, principal: Principal) -> frozenset[uuid.UUID]:
        """Contacts that share an organisation with the own one, if the login was opened for them."""
        reach = await self._reach(principal)
        return reach.colleagues if reach is not None else frozenset()

    async def is_of_team(self, principal: Principal, contact_id: uuid.UUID) -> bool:
        """Whether the contact is within the caller's team rows."""
        async with self._database.reading() as session:
            return await self._people.is_within(session, contact_id, team_rows(principal))

    def forget(self, contact_id: uuid.UUID) -> None:
        """Forgets the logins of a contact that was erased, or that has other logins now."""
        for subject in [s for s, (_, known) in self._known.items() if known.contact_id == contact_id]:
            del self._known[subject]

    async def _reach(self, principal: Principal) -> Reach | None:
        known = self._known.get(principal.subject)
        if known is not None and monotonic() - known[0] < REMEMBERED_S:
            return known[1]
        async with self._database.reading() as session:
            login = await store.by_subject(session, principal.subject)
            if login is None:
                return None
            opened = login.visibility is Visibility.ORGANISATION
            colleagues = await self._people.colleagues(session, login.contact_id) if opened else []
        reach = Reach(login.contact_id, frozenset(c.contact_id for c in colleagues))
        self._known[principal.subject] = (monotonic(), reach)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return reach
