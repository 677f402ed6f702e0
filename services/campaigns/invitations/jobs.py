"""Sends invitation mails: a permit first, then the link, which exists from that moment on."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from kernel.clock import Clock
from kernel.db import WriteSession
from kernel.ids import new_id
from services.campaigns.clients import Decision, Neighbours, Person
from services.campaigns.invitations import store
from services.campaigns.invitations.mail import invitation
from services.campaigns.invitations.service import InvitationsService
from services.campaigns.sender.handover import Batch, Handover
from services.campaigns.sender.mail import AddressUnusable, Mailbox
from services.campaigns.sender.model import Mail

TOPIC = "login-invitation"
_BATCH = 50
_TOKEN_BYTES = 32
_GONE, _ENDED, _UNUSABLE = "unknown-contact", "ended", "invalid-address"


class InvitationSender:
    """One run at a time, held by a lease. The token is in the mail, its hash at contacts; here is neither."""

    def __init__(
        self,
        *,
        handover: Handover,
        neighbours: Neighbours,
        invitations: InvitationsService,
        portal_url: str,
        sender: Mailbox,
        clock: Clock,
    ) -> None:
        self._handover = handover
        self._contacts = neighbours.contacts
        self._privacy = neighbours.privacy
        self._invitations = invitations
        self._link = f"{portal_url.rstrip('/')}/invitation/"
        self._sender = sender
        self._clock = clock

    async def run(self) -> None:
        """Reconciles what an earlier run left open, sends what is planned, tells what did not go."""
        await self._handover.reconcile()
        while rows := await self._handover.planned(limit=_BATCH):
            await self._handover.deliver(await self._compose(rows))
        await self._invitations.tell_failures()

    async def _compose(self, rows: Sequence[Row[Any]]) -> Batch:
        people = await self._contacts.people([row.contact_id for row in rows])
        decisions = await self._decide(people)
        denied: dict[uuid.UUID, str] = {}
        refused: dict[uuid.UUID, str] = {}
        permits: dict[uuid.UUID, uuid.UUID] = {}
        mails: list[Mail] = []
        for row in rows:
            person, decision = people.get(row.contact_id), decisions.get(row.contact_id)
            if person is None or decision is None or not decision.permitted or decision.id is None:
                denied[row.id] = decision.reason if decision is not None else _GONE
                continue
            try:
                mail = await self._mail(row.id, person)
            except AddressUnusable:
                refused[row.id] = _UNUSABLE
                continue
            if mail is None:
                denied[row.id] = _ENDED
                continue
            permits[row.id] = decision.id
            mails.append(mail)

        async def on_claim(session: WriteSession, mine: set[uuid.UUID]) -> None:
            await store.keep_permits(session, permits, mine)

        return Batch(mails, on_claim, denied=denied, refused=refused)

    async def _decide(self, people: Mapping[uuid.UUID, Person]) -> dict[uuid.UUID, Decision]:
        # Asked anew for every attempt: whoever was suppressed since then gets nothing.
        addresses = {person.id: person.email for person in people.values()}
        return await self._privacy.authorize(TOPIC, addresses, request_id=new_id(), contract=True)

    async def _mail(self, invitation_id: uuid.UUID, person: Person) -> Mail | None:
        """The mail with its link; None if the invitation has ended. Errors: AddressUnusable."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        letter = invitation(
            invitation_id, person, sender=self._sender, link=f"{self._link}{token}", date=self._clock.now()
        )
        if not await self._contacts.prepare_invitation(
            invitation_id, hashlib.sha256(token.encode()).digest()
        ):
            return None
        recipient = letter.recipient
        return Mail(invitation_id, recipient.address, letter.to_bytes(), utf8=recipient.utf8)
