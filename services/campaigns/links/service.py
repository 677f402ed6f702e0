"""Use cases of the links in mails: unsubscribe, and preferences without a login."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from kernel.clock import Clock
from kernel.db import Database
from kernel.errors import NotFound
from kernel.ids import derived_id, new_id
from kernel.rpc.call import note_subjects
from services.campaigns.campaigns.model import Campaign
from services.campaigns.campaigns.service import CampaignsService
from services.campaigns.clients import Neighbours, Person
from services.campaigns.consents import Consent, Evidence
from services.campaigns.forms.model import TextOutdated
from services.campaigns.links.model import LinkTokens
from services.campaigns.sender.service import Message, Messages

# A permit's reasons when a consent that was given does not cover what people are asked now.
LAPSED = "lapsed"
NOT_COVERED = frozenset({LAPSED, "expired", "no-consent"})


class LinkUnknown(NotFound):
    """A token that is not ours, or whose person we no longer know."""

    def __init__(self) -> None:
        super().__init__("We do not know this link.")


class TopicUnknown(NotFound):
    """A topic without a text to consent to."""

    def __init__(self) -> None:
        super().__init__("There is no such topic.")


@dataclass(frozen=True, slots=True)
class Preference:
    """One topic as it stands."""

    topic: str
    subscribed: bool
    since: datetime | None
    # Why nothing is sent though it was asked for, as the permit would say it.
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One topic, wanted or not; `text_id` is the text that was agreed to, None takes the consent back."""

    topic: str
    language: str
    text_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Preferences:
    """All topics, in the person's language."""

    topics: list[Preference]
    language: str


class LinksService:
    """The token is the key; it names one message of one contact."""

    def __init__(
        self,
        database: Database,
        *,
        messages: Messages,
        campaigns: CampaignsService,
        neighbours: Neighbours,
        tokens: LinkTokens,
        clock: Clock,
    ) -> None:
        self._database = database
        self._messages = messages
        self._campaigns = campaigns
        self._contacts = neighbours.contacts
        self._privacy = neighbours.privacy
        self._tokens = tokens
        self._clock = clock

    async def unsubscribe(self, token: str) -> str:
        """Withdraws the consent that the message was based on; answers its topic. Errors: LinkUnknown.

        Of a campaign that also goes to existing customers it is an objection, too (Art. 21(2) GDPR): it holds even if
        a consent is given later and ends.
        Whoever was erased in the meantime has nothing left to withdraw, and is told that all is well.
        """
        message = await self._message(token)
        campaign = (await self._campaigns.get_campaign(message.campaign_id)).campaign
        topic = campaign.topic
        if message.contact_id is not None:
            note_subjects([message.contact_id])
            if campaign.draft.category:
                await self._privacy.object_to_advertising(message.contact_id)
            # Asked first, and never remembered by the token: a consent given again since can be
            # withdrawn again with the same link.
            consents = await self._privacy.consents(message.contact_id)
            if not any(one.topic == topic and one.withdrawn for one in consents):
                await self._withdraw(message.contact_id, campaign)
        return topic

    async def get_preferences(self, token: str) -> Preferences:
        """Errors: LinkUnknown, also if the contact was erased."""
        return await self._preferences(await self._person(token))

    async def set_preference(self, token: str, choice: Choice, *, request_id: uuid.UUID) -> Preferences:
        """Gives or withdraws one topic. Errors: LinkUnknown, TopicUnknown, TextOutdated."""
        person = await self._person(token)
        texts = {text.topic: text.id for text in await self._privacy.texts(choice.language)}
        if choice.topic not in texts:
            raise TopicUnknown
        if choice.text_id is None:
            await self._privacy.withdraw(
                request_id=derived_id(request_id, "withdraw"),
                contact_id=person.id,
                topic=choice.topic,
                method="preferences",
            )
        # What was not shown, nobody has agreed to; what is no longer in force, nobody should.
        elif choice.text_id != texts[choice.topic]:
            raise TextOutdated
        elif not await self._stands(person, choice.topic):
            await self._give(person, choice, request_id=derived_id(request_id, "give"))
        return await self._preferences(person)

    async def _withdraw(self, contact_id: uuid.UUID, campaign: Campaign) -> None:
        try:
            await self._privacy.withdraw(
                request_id=new_id(), contact_id=contact_id, topic=campaign.topic, method="one-click"
            )
        except NotFound:
            # What goes to existing customers may be on a topic that nobody ever was asked about.
            if not campaign.draft.category:
                raise

    async def _stands(self, person: Person, topic: str) -> bool:
        """Whether a consent stands. One to a text that no longer counts does not: it is given anew."""
        consents = await self._privacy.consents(person.id)
        if not any(one.topic == topic and one.given for one in consents):
            return False
        return await self._privacy.refusal(topic, person.id, person.email) not in NOT_COVERED

    async def _give(self, person: Person, choice: Choice, *, request_id: uuid.UUID) -> None:
        assert choice.text_id is not None
        now = self._clock.now()
        await self._privacy.give(
            request_id=request_id,
            contact_id=person.id,
            topic=choice.topic,
            text_id=choice.text_id,
            # Who holds the link has the mailbox it was sent to: that is the confirmation.
            evidence=Evidence(method="link", language=choice.language, requested_at=now, confirmed_at=now),
        )

    async def _message(self, token: str) -> Message:
        message_id = self._tokens.record_id(token)
        if message_id is None:
            raise LinkUnknown
        async with self._database.reading() as session:
            message = await self._messages.find(session, message_id)
        if message is None:
            raise LinkUnknown
        return message

    async def _person(self, token: str) -> Person:
        message = await self._message(token)
        people = await self._contacts.people([message.contact_id]) if message.contact_id else {}
        if message.contact_id not in people:
            raise LinkUnknown
        note_subjects([message.contact_id])
        return people[message.contact_id]

    async def _preferences(self, person: Person) -> Preferences:
        language = person.language or "de"
        known = {one.topic: one for one in await self._privacy.consents(person.id)}
        texts = await self._privacy.texts(language)
        topics = [await self._preference(person, text.topic, known.get(text.topic)) for text in texts]
        return Preferences(topics, language)

    async def _preference(self, person: Person, topic: str, known: Consent | None) -> Preference:
        if known is None:
            return Preference(topic, subscribed=False, since=None)
        if not known.given:
            ended = LAPSED if known.expired else ""
            return Preference(topic, subscribed=False, since=known.since, refused=ended)
        # The ledger says what was asked for; only the permit says whether it arrives.
        refused = await self._privacy.refusal(topic, person.id, person.email)
        return Preference(topic, subscribed=True, since=known.since, refused=refused)
