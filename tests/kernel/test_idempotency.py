"""Stage idempotency: one request_id has one effect and one answer."""

import asyncio

import pytest
from sqlalchemy import text

from kernel.db import WriteSession
from kernel.errors import FailedPrecondition, Internal, InvalidArgument
from tests.kernel.conftest import Sample
from tests.kernel.sample import count, creation


async def test_the_same_id_gets_the_first_answer(sample: Sample) -> None:
    agent, request = sample.client("agent"), creation()
    first = await agent.CreateTicket(request)
    second = await agent.CreateTicket(request)
    assert first == second
    assert (sample.rpc.calls, await count(sample.database, "note")) == (1, 1)


async def test_the_same_id_with_other_content_is_refused(sample: Sample) -> None:
    agent, request = sample.client("agent"), creation()
    await agent.CreateTicket(request)
    request.body = "Etwas ganz anderes"
    with pytest.raises(InvalidArgument) as refused:
        await agent.CreateTicket(request)
    assert refused.value.reason == "REQUEST_ID_REUSED"
    assert "request_id" in refused.value.violations
    assert await count(sample.database, "note") == 1


async def test_two_at_once_have_one_effect(sample: Sample) -> None:
    async def linger(session: WriteSession) -> None:
        await session.execute(text("SELECT pg_sleep(0.1)"))

    sample.rpc.deeds.append(linger)
    agent, request = sample.client("agent"), creation()
    answers = await asyncio.gather(*(agent.CreateTicket(request) for _ in range(4)))
    assert len({a.id for a in answers}) == 1
    assert await count(sample.database, "note") == 1
    assert await count(sample.database, "outbox") == 1


async def test_two_callers_may_use_the_same_id(sample: Sample) -> None:
    request = creation()
    await sample.client("agent").CreateTicket(request)
    await sample.client("manager").CreateTicket(request)
    assert await count(sample.database, "note") == 2


async def test_a_failed_call_leaves_no_claim(sample: Sample) -> None:
    async def refuse(_: WriteSession) -> None:
        raise FailedPrecondition("Not now.", reason="NOT_NOW")

    agent, request = sample.client("agent"), creation()
    sample.rpc.deeds.append(refuse)
    with pytest.raises(FailedPrecondition):
        await agent.CreateTicket(request)
    assert await count(sample.database, "idempotency") == 0

    sample.rpc.deeds.clear()
    await agent.CreateTicket(request)
    assert await count(sample.database, "note") == 1


async def test_the_twin_of_a_failed_call_gets_its_chance(sample: Sample) -> None:
    entered = asyncio.Event()

    async def fail_the_first(session: WriteSession) -> None:
        if not entered.is_set():
            entered.set()
            await session.execute(text("SELECT pg_sleep(0.1)"))
            raise FailedPrecondition("Not now.", reason="NOT_NOW")

    sample.rpc.deeds.append(fail_the_first)
    agent, request = sample.client("agent"), creation()
    first = asyncio.ensure_future(agent.CreateTicket(request))
    await entered.wait()
    await agent.CreateTicket(request)
    with pytest.raises(FailedPrecondition):
        await first
    assert await count(sample.database, "note") == 1


async def test_a_crash_before_the_commit_leaves_nothing(sample: Sample) -> None:
    async def crash(_: WriteSession) -> None:
        raise MemoryError

    sample.rpc.deeds.append(crash)
    with pytest.raises(Internal):
        await sample.client("agent").CreateTicket(creation())
    for table in ("note", "outbox", "idempotency", "audit_entry"):
        assert await count(sample.database, table) == 0, table
