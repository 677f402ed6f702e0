"""Which contacts a login reaches: remembered briefly, and asked of the contacts service where it is not at hand."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections import OrderedDict
from dataclasses import dataclass
from time import monotonic

import grpc
from kontor.contacts.v1 import contacts_pb2, contacts_pb2_grpc, logins_pb2, logins_pb2_grpc

from kernel.errors import NotFound
from kernel.identity import Principal
from kernel.tokens import audience_of

# So long may a login still see what was taken from it. A page asks several times within a second.
REMEMBERED_S = 5.0
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Reach:
    """The contact of a login, and the colleagues whose tickets it sees, too."""

    contact_id: uuid.UUID
    colleagues: frozenset[uuid.UUID]


class RememberedReach(ABC):
    """What logins reach: looked up by whoever knows it, and remembered for a moment."""

    def __init__(self) -> None:
        # Oldest first, by the login's subject.
        self._known: OrderedDict[str, tuple[float, Reach]] = OrderedDict()

    @abstractmethod
    async def look_up(self, principal: Principal) -> Reach | None:
        """How far this login reaches now; None if it belongs to nobody."""

    async def contact_of(self, principal: Principal) -> uuid.UUID | None:
        """The contact's id; None if the login belongs to nobody."""
        reach = await self._reach(principal)
        return reach.contact_id if reach is not None else None

    async def colleagues_of(self, principal: Principal) -> frozenset[uuid.UUID]:
        """Contacts that share an organisation with the own one, if the login was opened for them."""
        reach = await self._reach(principal)
        return reach.colleagues if reach is not None else frozenset()

    def forget_login(self, subject: str) -> None:
        """Asks anew the next time."""
        self._known.pop(subject, None)

    def forget(self, contact_id: uuid.UUID) -> None:
        """Forgets the logins of a contact that was erased, or that has other logins now."""
        for subject in [s for s, (_, known) in self._known.items() if known.contact_id == contact_id]:
            del self._known[subject]

    async def _reach(self, principal: Principal) -> Reach | None:
        known = self._known.get(principal.subject)
        if known is not None and monotonic() - known[0] < REMEMBERED_S:
            return known[1]
        reach = await self.look_up(principal)
        # A login that belongs to nobody yet may be joined to somebody in the next second.
        if reach is not None:
            self._known[principal.subject] = (monotonic(), reach)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        return reach


class RemoteOwnContact(RememberedReach):
    """Asks contacts in the caller's name, so that contacts decides."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        super().__init__()
        self._logins = logins_pb2_grpc.LoginsStub(channel)
        self._contacts = contacts_pb2_grpc.ContactsStub(channel)

    async def look_up(self, principal: Principal) -> Reach | None:
        """What contacts answers about the caller's own login."""
        try:
            view = await self._logins.GetOwnView(
                logins_pb2.GetOwnViewRequest(), metadata=_forwarded(principal)
            )
        except NotFound:
            return None
        return Reach(uuid.UUID(view.contact_id), frozenset(uuid.UUID(c.contact_id) for c in view.colleagues))

    async def is_of_team(self, principal: Principal, contact_id: uuid.UUID) -> bool:
        """Whether contacts shows this contact to the caller; not remembered, for teams change."""
        try:
            await self._contacts.GetContact(
                contacts_pb2.GetContactRequest(contact_id=str(contact_id)), metadata=_forwarded(principal)
            )
        except NotFound:
            return False
        return True


def _forwarded(principal: Principal) -> tuple[tuple[str, str], ...]:
    """The caller's own token where it is meant for contacts, too; else the channel exchanges it.

    A page's token is, so that reading one's own data needs no provider; one that a service got in exchange is not.
    """
    if audience_of("contacts") not in principal.audiences:
        return ()
    return (("authorization", f"Bearer {principal.token}"),)
