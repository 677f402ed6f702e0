"""A campaign ends when its last message has, and never before its audience is known to be complete."""

import uuid
from typing import Any

import pytest

from kernel.ids import new_id
from services.campaigns.campaigns import model, store
from services.campaigns.sender.model import Counts
from tests.campaigns.conftest import House


async def commit_last_page(house: House, campaign: model.Campaign) -> None:
    """What the freeze does with its last page, which holds one contact."""
    async with house.database.transaction() as session:
        assert await store.advance(session, campaign, cursor="")
        await house.use_cases.messages.plan(session, campaign.id, [new_id()])


async def test_a_freeze_that_commits_while_the_sender_looks_loses_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = await house.campaign()
    await house.use_cases.campaigns.start_campaign(campaign.id)
    messages = house.use_cases.messages
    count = messages.counts

    async def count_just_before_the_freeze(session: Any, ids: list[uuid.UUID]) -> dict[uuid.UUID, Counts]:
        counted = await count(session, ids)
        await commit_last_page(house, campaign)
        return counted

    with monkeypatch.context() as patched:
        patched.setattr(messages, "counts", count_just_before_the_freeze)
        await house.use_cases.campaigns.finish_campaign(campaign.id)
    if not await house.states():
        await commit_last_page(house, campaign)
    progress = await house.use_cases.campaigns.get_campaign(campaign.id)
    assert (progress.campaign.state, await house.states()) == (model.State.SENDING, {"planned": 1})


async def test_an_audience_of_nobody_finishes(house: House) -> None:
    campaign = await house.started()
    await house.sending.sender.run()
    progress = await house.use_cases.campaigns.get_campaign(campaign.id)
    assert (progress.campaign.state, progress.counts.total) == (model.State.FINISHED, 0)
    assert await house.facts("campaigns.campaign.finished") == 1
