"""Sends the questions: a permit first, on the consent that still stands, then the mail."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from itertools import groupby

from kernel.db import WriteSession
from kernel.ids import new_id
from services.campaigns.clients import Decision, Neighbours, Person
from services.campaigns.links.model import LinkTokens
from services.campaigns.renewals import store
from services.campaigns.renewals.mail import question
from services.campaigns.renewals.model import Asked
from services.campaigns.sender.handover import Batch, Handover
from services.campaigns.sender.mail import AddressUnusable, Mailbox
from services.campaigns.sender.model import Mail

_BATCH = 50
_GONE, _UNUSABLE = "unknown-contact", "invalid-address"


class RenewalSender:
    """One run at a time, held by a lease."""

    def __init__(
        self,
        *,
        handover: Handover,
        neighbours: Neighbours,
        portal_url: str,
        sender: Mailbox,
        tokens: LinkTokens,
    ) -> None:
        self._handover = handover
        self._contacts = neighbours.contacts
        self._privacy = neighbours.privacy
        self._portal = portal_url.rstrip("/")
        self._sender = sender
        self._tokens = tokens

    async def run(self) -> None:
        """Reconciles what an earlier run left open, then sends what is planned."""
        await self._handover.reconcile()
        while rows := await self._handover.planned(limit=_BATCH):
            await self._handover.deliver(await self._compose([store.asked_of(row) for row in rows]))

    async def _compose(self, asked: Sequence[Asked]) -> Batch:
        people = await self._contacts.people(list({one.contact_id for one in asked}))
        decisions = await self._permits(asked, people)
        titles = {
            language: {text.topic: text.title for text in await self._privacy.texts(language)}
            for language in ("de", "en")
        }
        mails: list[Mail] = []
        denied: dict[uuid.UUID, str] = {}
        refused: dict[uuid.UUID, str] = {}
        proofs: dict[uuid.UUID, tuple[uuid.UUID, bytes, bytes]] = {}
        for one in asked:
            person, decision = people.get(one.contact_id), decisions.get(one.id)
            if person is None or decision is None or not decision.permitted or decision.id is None:
                denied[one.id] = decision.reason if decision is not None else _GONE
                continue
            title = titles["en" if person.language == "en" else "de"].get(one.topic) or one.topic
            try:
                mail = self._mail(one, person, title)
            except AddressUnusable:
                refused[one.id] = _UNUSABLE
                continue
            mails.append(mail)
            proofs[one.id] = (
                decision.id,
                hashlib.sha256(mail.content).digest(),
                self._tokens.digest(one.id),
            )

        async def on_claim(session: WriteSession, mine: set[uuid.UUID]) -> None:
            await store.keep_proof(session, proofs, mine)

        return Batch(mails, on_claim, denied=denied, refused=refused)

    async def _permits(
        self, asked: Sequence[Asked], people: dict[uuid.UUID, Person]
    ) -> dict[uuid.UUID, Decision]:
        """The permit of each question: whose consent has ended or was withdrawn since is not asked any more."""
        found: dict[uuid.UUID, Decision] = {}
        by_topic = sorted((one for one in asked if one.contact_id in people), key=lambda one: one.topic)
        for topic, group in groupby(by_topic, key=lambda one: one.topic):
            some = list(group)
            addresses = {one.contact_id: people[one.contact_id].email for one in some}
            decisions = await self._privacy.authorize_questions(topic, addresses, request_id=new_id())
            found |= {one.id: decisions[one.contact_id] for one in some if one.contact_id in decisions}
        return found

    def _mail(self, asked: Asked, person: Person, title: str) -> Mail:
        link = f"{self._portal}/renewal/{self._tokens.token(asked.id)}"
        letter = question(asked, person, title=title, sender=self._sender, link=link)
        recipient = letter.recipient
        return Mail(asked.id, recipient.address, letter.to_bytes(), utf8=recipient.utf8)
