"""The outbox relay: every fact once in the stream, in commit order, through outages and crashes."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text

from devstack.nats import Nats
from devstack.ports import free_port
from kernel.bus import Bus
from kernel.db import Database
from kernel.outbox import Relay, emit
from tests.kernel.bus import Line, commit, fact
from tests.kernel.sample import count, until


async def is_empty(database: Database) -> bool:
    return await count(database, "outbox") == 0


async def test_facts_come_out_as_they_were_committed(line: Line) -> None:
    names = [f"{n:03}" for n in range(20)]
    for name in names:
        await commit(line.database, fact(name))
    line.relay()
    await until(lambda: is_empty(line.database))
    assert await line.published() == names


async def test_a_fact_of_an_undone_transaction_is_never_published(line: Line) -> None:
    with pytest.raises(ValueError, match="undo"):  # noqa: PT012 - the block is the transaction
        async with line.database.transaction() as session:
            await emit(session, fact("undone"))
            raise ValueError("undo")
    await commit(line.database, fact("kept"))
    line.relay()
    await until(lambda: is_empty(line.database))
    assert await line.published() == ["kept"]


async def test_a_slow_transaction_is_neither_skipped_nor_waited_for(line: Line) -> None:
    line.relay()
    async with line.database.begin() as slow:
        await emit(slow, fact("slow"))
        await commit(line.database, fact("fast"))
        await until(lambda: _published(line, ["fast"]))
    await until(lambda: _published(line, ["fast", "slow"]))


async def _published(line: Line, expected: list[str]) -> bool:
    return await line.published() == expected


async def test_two_writers_of_one_record_come_out_in_the_order_of_their_locks(line: Line) -> None:
    """The older transaction gets the lock last; ordering by transaction id would reverse the two."""
    async with line.database.begin() as older:
        await older.execute(text("SELECT pg_current_xact_id()"))
        async with line.database.begin() as younger:
            await younger.execute(text("SELECT pg_advisory_xact_lock(7)"))
            await emit(younger, fact("first"))
        await older.execute(text("SELECT pg_advisory_xact_lock(7)"))
        await emit(older, fact("second"))
    line.relay()
    await until(lambda: is_empty(line.database))
    assert await line.published() == ["first", "second"]


class DiesBeforeDeleting(Relay):
    """Publishes, and is gone before it can note that it did."""

    async def _publish(self, rows: Sequence[Any]) -> None:
        await super()._publish(rows)
        raise asyncio.CancelledError


async def test_a_relay_killed_between_publish_and_delete_repeats_nothing(line: Line) -> None:
    await commit(line.database, fact("one"))
    with pytest.raises(asyncio.CancelledError):
        await line.make_relay(DiesBeforeDeleting).run()
    assert not await is_empty(line.database)
    line.relay()
    await until(lambda: is_empty(line.database))
    assert await line.published() == ["one"]


async def test_of_two_relays_one_works_and_the_other_takes_over(line: Line) -> None:
    first = line.relay()
    await commit(line.database, fact("a"))
    await until(lambda: is_empty(line.database))
    line.relay()
    await commit(line.database, *(fact(f"b{n}") for n in range(5)))
    await until(lambda: is_empty(line.database))
    await line.stop(first)
    await commit(line.database, fact("c"))
    await until(lambda: is_empty(line.database))
    assert await line.published() == ["a", "b0", "b1", "b2", "b3", "b4", "c"]


async def test_writes_go_on_without_a_broker_and_nothing_is_lost(database: Database, tmp_path: Any) -> None:
    server = Nats(tmp_path / "nats", free_port(), "secret", durable=False)
    server.prepare()
    process = await asyncio.to_thread(server.start, tmp_path / "log")
    line = Line(database, Bus(server.url, name="test"))
    await line.connect()
    line.relay()
    await commit(database, fact("before"))
    await until(lambda: is_empty(database))

    process.kill()
    await asyncio.to_thread(process.wait)
    for n in range(50):
        await commit(database, fact(f"during-{n:02}"))
    await asyncio.sleep(1.5)
    assert await count(database, "outbox") == 50

    process = await asyncio.to_thread(server.start, tmp_path / "log")
    await until(lambda: is_empty(database), seconds=20)
    expected = ["before", *(f"during-{n:02}" for n in range(50))]
    assert await line.published() == expected
    await line.stop(*line.tasks)
    await line.bus.close()
    process.terminate()
    await asyncio.to_thread(process.wait)
