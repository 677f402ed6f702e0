"""Writing to somebody's tickets and erasing them at once: whichever comes first, nothing of the erased stays."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from kontor.tickets.v1 import tickets_pb2
from sqlalchemy import text

from kernel.errors import FailedPrecondition, NotFound
from tests.tickets.conftest import Desk, opening, reply
from tests.tickets.test_holder import execute, plan, probe

_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE wait_event_type = 'Lock' AND wait_event = :kind AND datname = current_database()"
)

Write = Callable[[], Coroutine[Any, Any, Any]]


@asynccontextmanager
async def paused(desk: Desk, table: str) -> AsyncIterator[None]:
    """Whoever comes to write to this table waits there until this ends."""
    async with desk.database.engine.begin() as connection:
        await connection.execute(text(f"LOCK TABLE {table} IN SHARE MODE"))
        yield


async def waits(desk: Desk, kind: str) -> None:
    """Until somebody waits for a table ("relation"), a person ("advisory") or a row ("transactionid")."""
    async with asyncio.timeout(10), desk.database.reading() as session:
        while not (await session.execute(_WAITING, {"kind": kind})).scalar_one():  # noqa: ASYNC110 - no notice
            await asyncio.sleep(0.01)


async def erase(desk: Desk, contact_id: str) -> None:
    await execute(desk, await plan(desk, contact_id))


def opens(desk: Desk) -> Write:
    async def write() -> None:
        await desk.staff().CreateTicket(opening(desk.anna))

    return write


def answers(desk: Desk, ticket: tickets_pb2.Ticket, *, internal: bool = False) -> Write:
    async def write() -> None:
        await desk.staff().AddMessage(reply(ticket, internal=internal))

    return write


async def writer_first(desk: Desk, write: Write, *, erasure_at: str) -> None:
    """The writer is about to commit when the erasure begins."""
    planned = await plan(desk, desk.anna)
    async with asyncio.TaskGroup() as tasks, paused(desk, "outbox"):
        tasks.create_task(write())
        await waits(desk, "relation")
        erasing = tasks.create_task(execute(desk, planned))
        await waits(desk, erasure_at)
        assert not erasing.done()


async def erasure_first(desk: Desk, write: Write, *, writer_at: str) -> Any:
    """The erasure is about to commit when the writer comes to its transaction."""
    planned = await plan(desk, desk.anna)
    async with asyncio.TaskGroup() as tasks, paused(desk, "erasure_plan"):
        tasks.create_task(execute(desk, planned))
        await waits(desk, "relation")
        writing = asyncio.create_task(write())
        await waits(desk, writer_at)
    return await writing


async def test_who_is_remembered_from_before_an_erasure_opens_nothing(desk: Desk) -> None:
    anna = desk.customer(desk.anna)
    await anna.CreateTicket(opening(desk.anna))
    await erase(desk, desk.anna)
    with pytest.raises(NotFound) as refused:
        await anna.CreateTicket(opening(desk.anna))
    assert refused.value.reason == "CONTACT_NOT_FOUND"
    assert await probe(desk, desk.anna) == []


async def test_staff_that_asked_before_an_erasure_open_nothing(desk: Desk) -> None:
    # Contacts still knows her: as if it had answered a moment before the erasure.
    await erase(desk, desk.anna)
    with pytest.raises(NotFound) as refused:
        await desk.staff().CreateTicket(opening(desk.anna))
    assert refused.value.reason == "CONTACT_NOT_FOUND"
    assert await probe(desk, desk.anna) == []


async def test_an_opening_that_meets_an_erasure_is_refused(desk: Desk) -> None:
    with pytest.raises(NotFound) as refused:
        await erasure_first(desk, opens(desk), writer_at="advisory")
    assert refused.value.reason == "CONTACT_NOT_FOUND"
    assert await probe(desk, desk.anna) == []


async def test_a_ticket_opened_before_an_erasure_goes_with_it(desk: Desk) -> None:
    await writer_first(desk, opens(desk), erasure_at="advisory")
    assert await probe(desk, desk.anna) == []


async def test_a_message_written_before_an_erasure_goes_with_it(desk: Desk) -> None:
    ticket = await desk.staff().CreateTicket(opening(desk.anna))
    await writer_first(desk, answers(desk, ticket), erasure_at="transactionid")
    async with desk.database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM message")) == 0


@pytest.mark.parametrize("internal", [False, True])
async def test_a_message_that_meets_an_erasure_finds_the_ticket_closed(desk: Desk, internal: bool) -> None:
    ticket = await desk.staff().CreateTicket(opening(desk.anna))
    with pytest.raises(FailedPrecondition) as refused:
        await erasure_first(desk, answers(desk, ticket, internal=internal), writer_at="transactionid")
    assert refused.value.reason == "TICKET_CLOSED"
    async with desk.database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM message")) == 0


async def test_an_erasure_holds_up_nobody_else(desk: Desk) -> None:
    planned = await plan(desk, desk.anna)
    async with asyncio.TaskGroup() as tasks, paused(desk, "erasure_plan"):
        tasks.create_task(execute(desk, planned))
        await waits(desk, "relation")
        await desk.staff().CreateTicket(opening(desk.ben))
