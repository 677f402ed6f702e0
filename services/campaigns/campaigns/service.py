"""Use cases of campaigns."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from kernel.db import Database
from kernel.ids import new_id
from kernel.outbox import emit
from kernel.rpc.call import note_subjects
from services.campaigns import events
from services.campaigns.audiences.service import AudiencesService
from services.campaigns.campaigns import store
from services.campaigns.campaigns.model import (
    Campaign,
    CampaignNotFound,
    CampaignStarted,
    Draft,
    MessageNotFound,
    require_category,
)
from services.campaigns.sender.jobs import Running
from services.campaigns.sender.model import Counts, State, Which
from services.campaigns.sender.service import Message, Messages
from services.campaigns.templates.service import TemplatesService

_NOTHING = Counts({}, {})


@dataclass(frozen=True, slots=True)
class Progress:
    """A campaign and how far its messages are."""

    campaign: Campaign
    counts: Counts


class CampaignsService:
    """One planned communication, from draft to its last message."""

    def __init__(
        self,
        database: Database,
        *,
        templates: TemplatesService,
        audiences: AudiencesService,
        messages: Messages,
    ) -> None:
        self._database = database
        self._templates = templates
        self._audiences = audiences
        self._messages = messages

    async def create_campaign(self, draft: Draft) -> Progress:
        """Errors: CategoryInvalid, TemplateNotFound, AudienceNotFound."""
        require_category(draft.category)
        await self._templates.get_template(draft.template_id)
        audience = await self._audiences.get_audience(draft.audience_id)
        async with self._database.transaction() as session:
            campaign = await store.insert(session, new_id(), draft, topic=audience.draft.topic)
        return Progress(campaign, _NOTHING)

    async def start_campaign(self, campaign_id: uuid.UUID) -> Progress:
        """Hands the campaign to the freeze and the sender. Errors: CampaignNotFound, CampaignStarted."""
        async with self._database.transaction() as session:
            campaign = await store.start(session, campaign_id)
            if campaign is None:
                if await store.find(session, campaign_id) is None:
                    raise CampaignNotFound
                raise CampaignStarted
            await emit(session, events.campaign_started(campaign_id))
        return Progress(campaign, _NOTHING)

    async def get_campaign(self, campaign_id: uuid.UUID) -> Progress:
        """Errors: CampaignNotFound."""
        async with self._database.reading() as session:
            campaign = await store.find(session, campaign_id)
            if campaign is None:
                raise CampaignNotFound
            counts = await self._messages.counts(session, [campaign_id])
        return Progress(campaign, counts[campaign_id])

    async def list_campaigns(self, *, after: uuid.UUID | None, limit: int) -> list[Progress]:
        """A page, newest first."""
        async with self._database.reading() as session:
            campaigns = await store.newest(session, after=after, limit=limit)
            counts = await self._messages.counts(session, [one.id for one in campaigns])
        return [Progress(one, counts[one.id]) for one in campaigns]

    async def list_messages(
        self, campaign_id: uuid.UUID, which: Which, *, after: uuid.UUID | None, limit: int
    ) -> list[Message]:
        """Every contact with what became of the message; one more than `limit` if there are more.

        Errors: CampaignNotFound.
        """
        async with self._database.reading() as session:
            if await store.find(session, campaign_id) is None:
                raise CampaignNotFound
            found = await self._messages.page(session, campaign_id, which=which, after=after, limit=limit + 1)
        note_subjects([one.contact_id for one in found[:limit] if one.contact_id is not None])
        return found

    async def get_permitted_message(self, permit_id: uuid.UUID, *, contact_id: uuid.UUID) -> Message:
        """The message that a decision about a contact let go. Errors: MessageNotFound."""
        note_subjects([contact_id])
        async with self._database.reading() as session:
            found = await self._messages.permitted(session, permit_id, contact_id=contact_id)
        if found is None:
            raise MessageNotFound
        return found

    async def running(self) -> list[Running]:
        """What the sender has to do."""
        async with self._database.reading() as session:
            campaigns = await store.in_sending(session)
        return [Running(one.id, one.topic, one.draft.template_id, one.draft.category) for one in campaigns]

    async def finish_campaign(self, campaign_id: uuid.UUID) -> None:
        """Ends the campaign once its audience is frozen and no message is on its way."""
        async with self._database.transaction() as session:
            # Frozen first, counted second: counted before, a freeze that commits in between would leave
            # its messages to a campaign that nobody sends any more.
            if not await store.lock_frozen(session, campaign_id):
                return
            counts = (await self._messages.counts(session, [campaign_id]))[campaign_id]
            if counts.of(State.PLANNED) or counts.of(State.SENDING):
                return
            await store.finish(session, campaign_id)
            sent, denied = counts.of(State.SENT), counts.of(State.DENIED)
            await emit(session, events.campaign_finished(campaign_id, sent=sent, denied=denied))
