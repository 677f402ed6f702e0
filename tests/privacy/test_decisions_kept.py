"""Decisions are kept for their three years, and not a day longer."""

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from services.privacy.permits.jobs import PermitJobs
from services.privacy.permits.model import About, Candidate
from tests.privacy.parts import Parts


async def decide(parts: Parts, count: int) -> list[uuid.UUID]:
    candidates = [Candidate(uuid.uuid4(), f"p{number}@example.org") for number in range(count)]
    decisions = await parts.permits.authorize(candidates, About(1, "newsletter"), batch_id=None)
    return [decision.id for decision in decisions]


async def kept(parts: Parts) -> set[uuid.UUID]:
    async with parts.database.reading() as session:
        return set((await session.execute(text("SELECT id FROM permit_decision"))).scalars())


def three_years_after(moment: datetime) -> datetime:
    return moment.replace(year=moment.year + 3)


@pytest.mark.parametrize("count", [0, 3, 4, 9])
async def test_every_batch_of_old_decisions_goes_and_the_young_stay(parts: Parts, count: int) -> None:
    if count:
        await decide(parts, count)
    parts.clock.set(three_years_after(parts.clock.now()) + timedelta(seconds=1))
    young = await decide(parts, 2)
    jobs = PermitJobs(parts.database, parts.clock, batch=4)
    for _ in range(2):
        await jobs.delete_overdue()
        assert await kept(parts) == set(young)


async def test_a_decision_is_kept_to_the_last_moment_of_its_three_years(parts: Parts) -> None:
    decided = await decide(parts, 1)
    parts.clock.set(three_years_after(parts.clock.now()))
    await PermitJobs(parts.database, parts.clock).delete_overdue()
    assert await kept(parts) == set(decided)
