"""The outbox relay: every fact once in the stream, in commit order, through outages and crashes."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import Popen
from typing import Any

import asyncpg
import pytest
from nats.aio.client import Client
from sqlalchemy import text

from devstack.nats import Nats
from devstack.ports import free_port
from kernel import outbox
from kernel.bus import Bus
from kernel.consuming import Delivered
from kernel.db import Database
from kernel.outbox import Relay, emit
from tests.kernel.bus import SUBJECT, Line, commit, fact
from tests.kernel.sample import count, until
from tests.kernel.silent import SilentWay


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


async def test_a_repetition_beyond_the_brokers_window_has_one_effect(line: Line) -> None:
    # The broker forgets ids after two minutes; a relay may be down for longer.
    stream = (await line.bus.jetstream.stream_info("TICKETS")).config
    stream.duplicate_window = 0.1
    await line.bus.jetstream.update_stream(stream)
    seen: list[str] = []

    async def handle(fact: Delivered) -> None:
        seen.append(fact.message.ticket_id)

    await commit(line.database, fact("one"))
    with pytest.raises(asyncio.CancelledError):
        await line.make_relay(DiesBeforeDeleting).run()
    await asyncio.sleep(0.3)
    await commit(line.database, fact("two"))
    line.relay()
    await until(lambda: is_empty(line.database))
    assert await line.published() == ["one", "one", "two"]
    line.consume(handle)

    async def all_seen() -> bool:
        return "two" in seen

    await until(all_seen)
    assert seen == ["one", "two"]


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


async def test_a_relay_that_waits_its_turn_notices_that_the_server_is_gone(
    line: Line, silent: SilentWay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_SILENCE_S", 0.5)
    first = line.relay()
    await commit(line.database, fact("a"))
    await until(lambda: is_empty(line.database))
    line.start(Relay(database_url=silent.url, bus=line.bus, source="kontor/test").run())
    await asyncio.sleep(1)
    silent.fall_silent()
    await asyncio.sleep(2)
    silent.begin_anew()
    await line.stop(first)
    await commit(line.database, fact("b"))
    await until(lambda: is_empty(line.database))
    assert await line.published() == ["a", "b"]


async def set_limit(line: Line, size: int) -> None:
    stream = (await line.bus.jetstream.stream_info("TICKETS")).config
    stream.max_msg_size = size
    await line.bus.jetstream.update_stream(stream)


async def test_what_follows_a_refused_fact_waits_for_it(line: Line) -> None:
    # The broker refuses one of the batch for a while, as it may any when it is short of something.
    large = "x" * 5_000
    await set_limit(line, 2_000)
    await commit(line.database, *(fact(name) for name in ("a", large, "b", "c")))
    line.relay()
    await until(lambda: _published(line, ["a"]))
    await asyncio.sleep(1.5)
    assert await line.published() == ["a"]
    await set_limit(line, -1)
    await until(lambda: is_empty(line.database))
    assert await line.published() == ["a", large, "b", "c"]


async def test_a_fact_that_somebody_drives_again_in_between_stops_nothing(line: Line) -> None:
    async def drive_again() -> None:
        for number in range(30):
            headers = {"Nats-Msg-Id": f"redrive-{number}", "ce-id": "x"}
            await line.bus.publish(SUBJECT, fact("old").message.SerializeToString(), headers)

    names = [f"{n:04}" for n in range(800)]
    await commit(line.database, *(fact(name) for name in names))
    line.relay()
    await drive_again()
    await until(lambda: is_empty(line.database))
    assert [name for name in await line.published() if name != "old"] == names


async def test_a_broker_that_sends_a_service_away_finds_it_back(line: Line) -> None:
    seen: list[str] = []

    async def handle(fact: Delivered) -> None:
        seen.append(fact.message.ticket_id)

    line.relay()
    line.consume(handle)
    await commit(line.database, fact("before"))
    await until(lambda: _seen(seen, "before"))
    client = line.bus.jetstream._nc
    client._transport.write(b"NO SUCH WORD\r\n")  # type: ignore[union-attr]
    await until(lambda: _is_closed(client))
    await commit(line.database, fact("after"))
    await until(lambda: _seen(seen, "after"))


async def _seen(seen: list[str], name: str) -> bool:
    return name in seen


async def _is_closed(client: Client) -> bool:
    return client.is_closed


class Broker:
    """A broker of the test's own, which may be killed and come back with what it had."""

    def __init__(self, folder: Path) -> None:
        self._server = Nats(folder / "nats", free_port(), "secret", durable=False)
        self._server.prepare()
        self._log = folder / "log"
        self._process: Popen[bytes] | None = None
        self.url = self._server.url

    def start(self) -> None:
        self._process = self._server.start(self._log)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path)
    made.start()
    yield made
    made.kill()


async def test_writes_go_on_without_a_broker_and_nothing_is_lost(database: Database, broker: Broker) -> None:
    line = Line(database, Bus(broker.url, name="test"))
    await line.connect()
    line.relay()
    await commit(database, fact("before"))
    await until(lambda: is_empty(database))

    broker.kill()
    for n in range(50):
        await commit(database, fact(f"during-{n:02}"))
    await asyncio.sleep(1.5)
    assert await count(database, "outbox") == 50

    await asyncio.to_thread(broker.start)
    await until(lambda: is_empty(database), seconds=20)
    assert await line.published() == ["before", *(f"during-{n:02}" for n in range(50))]
    await line.stop(*line.tasks)
    await line.bus.close()


async def test_a_driver_that_loses_its_way_delays_facts_and_loses_none(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, lost = asyncpg.connect, asyncpg.InternalClientError("cannot switch to state 15")

    async def once(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(asyncpg, "connect", connect)
        raise lost

    monkeypatch.setattr(asyncpg, "connect", once)
    await commit(line.database, fact("late"))
    line.relay()
    await until(lambda: is_empty(line.database))
    assert await line.published() == ["late"]
