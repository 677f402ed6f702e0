"""Freezing an audience: page by page, going on after a kill where it was."""

from __future__ import annotations

from collections.abc import Callable

from kernel import telemetry
from kernel.db import Database
from kernel.errors import InvalidArgument, Unavailable
from services.campaigns.audiences.service import AudiencesService
from services.campaigns.campaigns import store
from services.campaigns.campaigns.model import Campaign
from services.campaigns.clients import ContactsClient
from services.campaigns.sender.service import Messages

log = telemetry.get_logger(__name__)

PAGE = 2000


class Freeze:
    """Turns the audience of every started campaign into planned messages. `on_page` wakes the sender."""

    def __init__(
        self,
        database: Database,
        *,
        audiences: AudiencesService,
        contacts: ContactsClient,
        messages: Messages,
        on_page: Callable[[], None],
    ) -> None:
        self._database = database
        self._audiences = audiences
        self._contacts = contacts
        self._messages = messages
        self._on_page = on_page

    async def run(self) -> None:
        """Freezes what is not frozen yet."""
        async with self._database.reading() as session:
            campaigns = await store.in_sending(session)
        for campaign in campaigns:
            try:
                await self._freeze(campaign)
            except Unavailable:
                raise
            except Exception as error:
                # One whose audience cannot be asked for must not hold up those behind it.
                log.error("freeze held up", campaign=campaign.id, **telemetry.place_of(error))

    async def _freeze(self, campaign: Campaign) -> None:
        following: Campaign | None = campaign
        while following is not None and following.frozen_at is None:
            following = await self._freeze_page(following)
            self._on_page()

    async def _freeze_page(self, campaign: Campaign) -> Campaign | None:
        audience = await self._audiences.get_audience(campaign.draft.audience_id)
        try:
            ids, cursor = await self._contacts.select_ids(
                audience.draft.filter, page_size=PAGE, cursor=campaign.freeze_cursor
            )
        except InvalidArgument as error:
            if error.reason != "PAGE_TOKEN_INVALID" or not campaign.freeze_cursor:
                raise
            # Contacts has changed its key since. From the start, then: who is frozen is not frozen twice.
            ids, cursor = await self._contacts.select_ids(audience.draft.filter, page_size=PAGE)
        async with self._database.transaction() as session:
            # The page and the place where the next one begins are one commit.
            if await store.advance(session, campaign, cursor=cursor):
                await self._messages.plan(session, campaign.id, ids)
            return await store.find(session, campaign.id)
