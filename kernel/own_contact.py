"""Which contact a customer's login belongs to, asked of the contacts service and remembered briefly."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from time import monotonic

import grpc
from kontor.contacts.v1 import contacts_pb2, contacts_pb2_grpc

from kernel.errors import NotFound, PermissionDenied
from kernel.identity import Principal
from kernel.rpc.authorize import OwnContact
from kernel.rpc.call import current_principal
from kernel.tokens import audience_of

REMEMBERED_S = 60.0
_MOST = 10_000


class RemoteOwnContact:
    """Asks contacts in the customer's name, so that contacts decides.

    A link is remembered for a minute: it never moves to another contact, and an erased contact
    has nothing left to show.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._contacts = contacts_pb2_grpc.ContactsStub(channel)
        self._known: OrderedDict[str, tuple[float, uuid.UUID]] = OrderedDict()

    async def contact_of(self, principal: Principal) -> uuid.UUID | None:
        """The contact's id; None if the login belongs to nobody."""
        known = self._known.get(principal.subject)
        if known is not None and monotonic() - known[0] < REMEMBERED_S:
            return known[1]
        try:
            contact = await self._contacts.GetOwnContact(
                contacts_pb2.GetOwnContactRequest(), metadata=_forwarded(principal)
            )
        except NotFound:
            return None
        found = uuid.UUID(contact.id)
        self._known[principal.subject] = (monotonic(), found)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return found


def _forwarded(principal: Principal) -> tuple[tuple[str, str], ...]:
    """The customer's own token where it is meant for contacts, too; else the channel exchanges it.

    A page's token is, so that reading one's own data needs no provider; one that a service got in exchange is not.
    """
    if audience_of("contacts") not in principal.audiences:
        return ()
    return (("authorization", f"Bearer {principal.token}"),)


async def require_own_contact(finder: OwnContact) -> uuid.UUID:
    """The current caller's contact. Errors: PermissionDenied if the login belongs to nobody."""
    found = await finder.contact_of(current_principal())
    if found is None:
        raise PermissionDenied("Your login is not joined to a contact.", reason="LOGIN_NOT_LINKED")
    return found
