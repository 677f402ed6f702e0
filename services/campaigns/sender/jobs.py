"""The sender: batch after batch, from a planned message to the relay's word."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Row

from kernel import telemetry
from kernel.clock import Clock
from kernel.db import WriteSession
from kernel.errors import Unavailable
from kernel.ids import new_id
from services.campaigns.clients import EXISTING_CUSTOMER, Decision, Neighbours, Person
from services.campaigns.links.model import LinkTokens
from services.campaigns.sender import store
from services.campaigns.sender.handover import Batch, Handover
from services.campaigns.sender.mail import AddressUnusable, Headers, Letter, Mailbox
from services.campaigns.sender.model import Mail
from services.campaigns.sender.tables import Message
from services.campaigns.templates.objection import with_notice
from services.campaigns.templates.rendering import Compiled, Links
from services.campaigns.templates.service import TemplatesService

log = telemetry.get_logger(__name__)

BATCH = 200
_LAST_WORDS_S = 8.0


@dataclass(frozen=True, slots=True)
class Running:
    """A campaign that is being sent."""

    id: uuid.UUID
    topic: str
    template_id: uuid.UUID
    # What it advertises to existing customers; empty if it does not.
    category: str = ""


class Campaigns(Protocol):
    """What the sender needs to know about campaigns."""

    async def running(self) -> Sequence[Running]:
        """Campaigns with messages to send."""
        ...

    async def finish_campaign(self, campaign_id: uuid.UUID) -> None:
        """Finishes the campaign if nothing is left to do."""
        ...


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What all mails share: sender, tokens, and where the links lead."""

    sender: Mailbox
    tokens: LinkTokens
    portal_url: str

    def links(self, message_id: uuid.UUID) -> Links:
        """The links of one message."""
        token = self.tokens.token(message_id)
        base = self.portal_url.rstrip("/")
        return Links(preferences_url=f"{base}/preferences/{token}", unsubscribe_url=f"{base}/u/{token}")

    def headers(self, campaign: Running, links: Links, permit_id: uuid.UUID | None) -> Headers:
        """What a mail provider wants to know about mass mail (RFC 2369, 2919, 3834, 8058)."""
        topic = re.sub(r"[^a-z0-9]+", "-", campaign.topic.lower()).strip("-") or "list"
        return (
            ("List-Unsubscribe", f"<{links.unsubscribe_url}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("List-Id", f"<{topic}.{self.sender.domain}>"),
            ("Feedback-ID", f"{campaign.id.hex}:{topic}:campaign:{self.sender.domain}"),
            ("Precedence", "bulk"),
            ("Auto-Submitted", "auto-generated"),
            ("Kontor-Permit", str(permit_id)),
        )


class Sender:
    """Sends every running campaign to its end. One run at a time, held by a lease."""

    def __init__(
        self,
        *,
        campaigns: Campaigns,
        templates: TemplatesService,
        neighbours: Neighbours,
        handover: Handover,
        letterhead: Letterhead,
        clock: Clock,
    ) -> None:
        self._campaigns = campaigns
        self._templates = templates
        self._contacts = neighbours.contacts
        self._privacy = neighbours.privacy
        self._handover = handover
        self._letterhead = letterhead
        self._clock = clock

    async def run(self) -> None:
        """Reconciles what an earlier sender left open, then sends what is planned."""
        await self._handover.reconcile()
        for campaign in await self._campaigns.running():
            try:
                await self._send(campaign)
                await self._campaigns.finish_campaign(campaign.id)
            except Unavailable:
                raise
            except Exception as error:
                # One that cannot be sent, for its template perhaps, must not hold up those behind it.
                log.error("campaign held up", campaign=campaign.id, **telemetry.place_of(error))

    async def _send(self, campaign: Running) -> None:
        template: Compiled | None = None
        # One batch after the other: the relay's time is nearly all of it, and permits are fresh when their mails go.
        while rows := await self._planned(campaign):
            # Only now: a campaign that merely waits for its last tries is looked at every second.
            template = template or await self._templates.compiled(campaign.template_id)
            await self._deliver(await self._prepare(campaign, template, rows))

    async def _deliver(self, batch: Batch) -> None:
        stop = asyncio.Event()
        delivery = asyncio.create_task(self._handover.deliver(batch, stop=stop))
        try:
            await asyncio.shield(delivery)
        except asyncio.CancelledError:
            # A stop in good order: what is with the relay gets its answer noted, the rest stays planned.
            stop.set()
            await asyncio.wait([delivery], timeout=_LAST_WORDS_S)
            raise

    async def _planned(self, campaign: Running) -> Sequence[Row[Any]]:
        return await self._handover.planned(Message.__table__.c.campaign_id == campaign.id, limit=BATCH)

    async def _prepare(self, campaign: Running, template: Compiled, rows: Sequence[Row[Any]]) -> Batch:
        people = await self._contacts.people([row.contact_id for row in rows if row.contact_id])
        # A new id for every try: an answer from before a crash would not know of a withdrawal since.
        decisions = await self._privacy.authorize(
            campaign.topic,
            {person.id: person.email for person in people.values()},
            request_id=new_id(),
            category=campaign.category,
        )
        return await self._compose(campaign, template, rows, people=people, decisions=decisions)

    async def _compose(
        self,
        campaign: Running,
        template: Compiled,
        rows: Sequence[Row[Any]],
        *,
        people: dict[uuid.UUID, Person],
        decisions: dict[uuid.UUID, Decision],
    ) -> Batch:
        mails: list[Mail] = []
        denied: dict[uuid.UUID, str] = {}
        refused: dict[uuid.UUID, str] = {}
        permits: dict[uuid.UUID, uuid.UUID] = {}
        gone = [row.id for row in rows if row.contact_id not in people]
        denied.update(dict.fromkeys(gone, "erased"))
        for number, row in enumerate(rows):
            person = people.get(row.contact_id)
            decision = decisions.get(row.contact_id)
            if person is None:
                continue
            if decision is None or not decision.permitted or decision.id is None:
                denied[row.id] = decision.reason if decision is not None else "no-decision"
                continue
            try:
                mails.append(self._mail(campaign, template, row.id, person=person, decision=decision))
                permits[row.id] = decision.id
            except AddressUnusable:
                refused[row.id] = "invalid-address"
            if number % 20 == 0:
                # Rendering is work without waiting; others need their turn.
                await asyncio.sleep(0)

        async def on_claim(session: WriteSession, mine: set[uuid.UUID]) -> None:
            await store.keep_permits(session, {one: permits[one] for one in mine})
            await store.forget_contacts(session, gone)

        # An erasure that came since the permit takes the contact off the row, and with it the mail.
        known = (Message.__table__.c.contact_id.is_not(None),)
        return Batch(mails, on_claim, denied=denied, refused=refused, conditions=known)

    def _mail(
        self,
        campaign: Running,
        template: Compiled,
        message_id: uuid.UUID,
        *,
        person: Person,
        decision: Decision,
    ) -> Mail:
        links = self._letterhead.links(message_id)
        rendered = template.render(person.reader, links)
        if decision.reason == EXISTING_CUSTOMER:
            # What the permit rests on: without the notice it would not have been given.
            rendered = with_notice(rendered, language=template.language, objection_url=links.unsubscribe_url)
        name = " ".join(part for part in (person.reader.given_name, person.reader.family_name) if part)
        recipient = Mailbox.of(person.email, name)
        letter = Letter(
            id=message_id,
            sender=self._letterhead.sender,
            recipient=recipient,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            date=self._clock.now(),
            headers=self._letterhead.headers(campaign, links, decision.id),
        )
        return Mail(message_id, recipient.address, letter.to_bytes(), utf8=recipient.utf8)
