"""Which contact a login belongs to: the finder that the kernel asks on each customer's call."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from time import monotonic

from kernel.db import Database
from kernel.identity import Principal
from services.contacts.people import store

REMEMBERED_S = 60.0
_MOST = 10_000


class LocalOwnContact:
    """The kernel's question "whose login is this?", answered from our own table and remembered briefly."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[str, tuple[float, uuid.UUID]] = OrderedDict()

    async def contact_of(self, principal: Principal) -> uuid.UUID | None:
        """The contact's id; None if the login belongs to nobody."""
        known = self._known.get(principal.subject)
        if known is not None and monotonic() - known[0] < REMEMBERED_S:
            return known[1]
        async with self._database.reading() as session:
            found = await store.contact_of_login(session, principal.subject)
        if found is None:
            return None
        self._known[principal.subject] = (monotonic(), found)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return found

    def forget(self, contact_id: uuid.UUID) -> None:
        """Forgets the logins of a contact that was erased."""
        for subject in [s for s, (_, known) in self._known.items() if known == contact_id]:
            del self._known[subject]
