"""Sends notices: a permit first, which here rests on the law, then the mail."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from kernel.db import WriteSession
from kernel.ids import new_id
from services.campaigns.clients import Neighbours, Person
from services.campaigns.notices import store
from services.campaigns.notices.code import new_code, readable
from services.campaigns.notices.last import last_mail
from services.campaigns.notices.mail import About, notice
from services.campaigns.notices.model import Kind
from services.campaigns.sender.handover import Batch, Handover
from services.campaigns.sender.mail import AddressUnusable, Mailbox
from services.campaigns.sender.model import Mail

TOPIC = "data-subject-request"
_BATCH = 50
_GONE, _ENDED, _UNUSABLE = "unknown-contact", "ended", "invalid-address"


@dataclass(frozen=True, slots=True)
class _Pile:
    """Mails that may go, and why others may not."""

    mails: list[Mail] = field(default_factory=list)
    proofs: dict[uuid.UUID, tuple[uuid.UUID, bytes]] = field(default_factory=dict)
    denied: dict[uuid.UUID, str] = field(default_factory=dict)
    refused: dict[uuid.UUID, str] = field(default_factory=dict)


class NoticeSender:
    """One run at a time, held by a lease."""

    def __init__(
        self, *, handover: Handover, neighbours: Neighbours, portal_url: str, sender: Mailbox
    ) -> None:
        self._handover = handover
        self._contacts = neighbours.contacts
        self._privacy = neighbours.privacy
        self._portal = portal_url.rstrip("/")
        self._sender = sender

    async def run(self) -> None:
        """Reconciles what an earlier run left open, then sends what is planned."""
        await self._handover.reconcile()
        while rows := await self._handover.planned(limit=_BATCH):
            await self._handover.deliver(await self._compose(rows))

    async def _compose(self, rows: Sequence[Row[Any]]) -> Batch:
        known = [row for row in rows if row.contact_id is not None]
        people = await self._contacts.people(list({row.contact_id for row in known}))
        addresses = {person.id: person.email for person in people.values()}
        decisions = await self._privacy.authorize(TOPIC, addresses, request_id=new_id(), duty=True)
        pile = _Pile()
        for row in rows:
            if row.contact_id is None:
                await self._add_last(row, pile)
                continue
            person, decision = people.get(row.contact_id), decisions.get(row.contact_id)
            if person is None or decision is None or not decision.permitted or decision.id is None:
                pile.denied[row.id] = decision.reason if decision is not None else _GONE
                continue
            try:
                mail = await self._mail(row, person)
            except AddressUnusable:
                pile.refused[row.id] = _UNUSABLE
                continue
            if mail is None:
                pile.denied[row.id] = _ENDED
                continue
            pile.proofs[row.id] = (decision.id, hashlib.sha256(mail.content).digest())
            pile.mails.append(mail)

        async def on_claim(session: WriteSession, mine: set[uuid.UUID]) -> None:
            await store.keep_proof(session, pile.proofs, mine)

        return Batch(pile.mails, on_claim, denied=pile.denied, refused=pile.refused)

    async def _add_last(self, row: Row[Any], pile: _Pile) -> None:
        """A mail to somebody whom nobody knows any more. That privacy opens it is the permit: no other one is asked."""
        farewell = await self._privacy.get_farewell(row.id)
        if farewell is None:
            pile.denied[row.id] = _ENDED
            return
        link = f"{self._portal}/rights"
        try:
            letter = last_mail(row, farewell, sender=self._sender, link=link)
        except AddressUnusable:
            pile.refused[row.id] = _UNUSABLE
            return
        to = letter.recipient
        pile.mails.append(Mail(row.id, to.address, letter.to_bytes(), utf8=to.utf8))

    async def _mail(self, row: Row[Any], person: Person) -> Mail | None:
        """The mail; None if it would bring a code that nobody wants any more. Errors: AddressUnusable."""
        about = About(Kind(row.kind), row.due_date)
        if about.kind is not Kind.IDENTITY_CODE:
            return self._letter(row, person, about, link=f"{self._portal}/rights")
        # The code is in the mail, its hash at privacy; here is neither.
        code = new_code()
        about = about._replace(code=readable(code))
        mail = self._letter(row, person, about, link=f"{self._portal}/identity/{row.id}")
        digest = hashlib.sha256(code.encode()).digest()
        return mail if await self._privacy.prepare_identity_code(row.id, digest) else None

    def _letter(self, row: Row[Any], person: Person, about: About, *, link: str) -> Mail:
        letter = notice(row.id, person, about, sender=self._sender, link=link, at=row.planned_at)
        recipient = letter.recipient
        return Mail(row.id, recipient.address, letter.to_bytes(), utf8=recipient.utf8)
