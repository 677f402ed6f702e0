"""Timed jobs: in one process at a time, and taken over from one that was killed."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text

from kernel.db import Database
from kernel.errors import Unavailable
from kernel.leases import TimedJob
from tests.kernel.sample import count, until


def job(database: Database, work: Callable[[], Awaitable[object]], *, lease: float = 10.0) -> TimedJob:
    return TimedJob("count", work, database=database, every=0.05, lease=lease)


async def stop(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_two_processes_never_run_it_at_once(database: Database) -> None:
    running = most = runs = 0

    async def work() -> None:
        nonlocal running, most, runs
        running += 1
        most, runs = max(most, running), runs + 1
        await asyncio.sleep(0.02)
        running -= 1

    tasks = [asyncio.create_task(job(database, work).run()) for _ in range(3)]

    async def often() -> bool:
        return runs >= 6

    await until(often)
    await stop(*tasks)
    assert most == 1


async def test_a_killed_holder_delays_the_job_by_its_lease_only(database: Database) -> None:
    async with database.begin() as session:
        await session.execute(
            text(
                "INSERT INTO lease (name, holder, until) "
                "VALUES ('count', gen_random_uuid(), now() + interval '1 s')"
            )
        )
    ran = asyncio.Event()

    async def work() -> None:
        ran.set()

    task = asyncio.create_task(job(database, work).run())
    await asyncio.sleep(0.2)
    assert not ran.is_set()
    await asyncio.wait_for(ran.wait(), 5)
    await stop(task)


async def test_a_long_run_keeps_its_lease(database: Database) -> None:
    starts = 0
    finish = asyncio.Event()

    async def work() -> None:
        nonlocal starts
        starts += 1
        await finish.wait()

    tasks = [asyncio.create_task(job(database, work, lease=1.0).run()) for _ in range(2)]
    await asyncio.sleep(2.0)
    assert starts == 1
    finish.set()
    await stop(*tasks)


async def test_the_lease_is_given_back_after_each_run(database: Database) -> None:
    ran = asyncio.Event()

    async def work() -> None:
        ran.set()

    task = asyncio.create_task(TimedJob("count", work, database=database, every=60).run())
    await asyncio.wait_for(ran.wait(), 3)

    async def given_back() -> bool:
        return await count(database, "lease") == 0

    await until(given_back)
    await stop(task)


async def test_waking_runs_it_now(database: Database) -> None:
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1

    timed = TimedJob("count", work, database=database, every=60)
    task = asyncio.create_task(timed.run())

    async def ran(times: int) -> bool:
        return runs >= times

    await until(lambda: ran(1))
    timed.wake()
    await until(lambda: ran(2))
    await stop(task)


@pytest.mark.parametrize("failure", [ValueError("a bug"), Unavailable("The broker does not answer.")])
async def test_a_failing_job_gets_its_next_turn(database: Database, failure: Exception) -> None:
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        raise failure

    task = asyncio.create_task(job(database, work).run())

    async def again() -> bool:
        return runs >= 3

    await until(again)
    await stop(task)


async def test_a_job_whose_lease_was_taken_stops(database: Database) -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    task = asyncio.create_task(job(database, work, lease=0.6).run())
    await asyncio.wait_for(started.wait(), 5)
    async with database.begin() as session:
        # As after a pause that outlasted the lease: another process holds it now.
        await session.execute(
            text("UPDATE lease SET holder = gen_random_uuid(), until = now() + interval '1 minute'")
        )
    await asyncio.wait_for(ended.wait(), 5)
    await stop(task)


async def test_a_renewal_without_an_answer_does_not_let_two_run_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = most = 0

    async def work() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            await asyncio.Event().wait()
        finally:
            running -= 1

    first, second = (job(database, work, lease=1.0) for _ in range(2))
    honest, asked = first._take, 0

    async def take() -> bool:
        nonlocal asked
        asked += 1
        if asked > 1:
            # The connection is there, and nothing comes back.
            await asyncio.Event().wait()
        return await honest()

    monkeypatch.setattr(first, "_take", take)
    tasks = [asyncio.create_task(first.run())]

    async def begun() -> bool:
        return running == 1

    await until(begun)
    tasks.append(asyncio.create_task(second.run()))
    await asyncio.sleep(2.5)
    await stop(*tasks)
    assert asked > 1
    assert most == 1
