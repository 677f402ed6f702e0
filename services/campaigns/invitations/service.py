"""Use cases of invitation mails: plan one, and tell contacts what did not go out."""

from __future__ import annotations

import uuid

from kernel.clock import Clock
from kernel.consuming import Delivered
from kernel.db import Database
from kernel.erased import is_erased
from services.campaigns.clients import ContactsClient
from services.campaigns.invitations import store

_TOLD_AT_ONCE = 50


class InvitationsService:
    """What becomes of invitations on the way to a mailbox."""

    def __init__(self, database: Database, *, contacts: ContactsClient, clock: Clock) -> None:
        self._database = database
        self._contacts = contacts
        self._clock = clock

    async def plan(self, fact: Delivered) -> None:
        """Plans the mail of an invitation that contacts has told of; none for a contact erased since."""
        contact_id = uuid.UUID(fact.message.contact_id)
        async with self._database.transaction() as session:
            if await is_erased(session, contact_id):
                return
            await store.plan(
                session, uuid.UUID(fact.message.invitation_id), contact_id=contact_id, at=self._clock.now()
            )

    async def tell_failures(self) -> None:
        """Tells contacts which mails did not go out, so that staff sees it. Told twice is told once."""
        async with self._database.reading() as session:
            failed = await store.failed(session, limit=_TOLD_AT_ONCE)
        for invitation_id, reason in failed:
            await self._contacts.fail_invitation(invitation_id, reason)
            async with self._database.transaction() as session:
                await store.told(session, invitation_id)
