"""Following facts with the client: every one once, in order, from the position that was kept."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kontor.tickets.v1.events_pb2 import TicketOpened

from devstack.nats import Nats
from kernel.bus import Bus
from kontor_client.facts import Fact, FactReader, FactsMissed

STREAM, SUBJECT = "TICKETS", "tickets.ticket.opened"


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[Bus]:
    """The broker as the tickets service leaves it."""
    made = Bus(nats_url, name="test")
    await made.connect()
    await made.ensure_stream(STREAM, subjects=["tickets.>"])
    await made.ensure_reader(STREAM, "erp")
    yield made
    await made.close()


@pytest.fixture
async def reader(bus: Bus, nats_server: Nats) -> AsyncIterator[FactReader]:
    async with await FactReader.connect(nats_server.reader_url("erp")) as made:
        yield made


async def publish(bus: Bus, *names: str, type_name: str = "kontor.tickets.v1.TicketOpened") -> None:
    for name in names:
        headers = {
            "ce-id": str(uuid.uuid4()),
            "ce-type": type_name,
            "ce-time": datetime.now(UTC).isoformat(),
        }
        await bus.publish(SUBJECT, TicketOpened(ticket_id=name).SerializeToString(), headers)


async def read(reader: FactReader, after: int) -> list[Fact]:
    return [fact async for fact in reader.follow(STREAM, after=after, until_idle=True)]


def names(facts: list[Fact]) -> list[str]:
    return [message.ticket_id for fact in facts if isinstance(message := fact.message, TicketOpened)]


async def test_facts_come_typed_and_in_order(bus: Bus, reader: FactReader) -> None:
    await publish(bus, "a", "b", "c")
    facts = await read(reader, 0)
    assert names(facts) == ["a", "b", "c"]
    assert [fact.position for fact in facts] == [1, 2, 3]
    assert (facts[0].subject, facts[0].type) == (SUBJECT, "kontor.tickets.v1.TicketOpened")
    assert datetime.now(UTC) - facts[0].time < timedelta(minutes=1)


async def test_it_goes_on_from_the_position_and_again_from_an_older_one(bus: Bus, reader: FactReader) -> None:
    await publish(bus, "a", "b", "c")
    assert names(await read(reader, 1)) == ["b", "c"]
    assert names(await read(reader, 3)) == []
    await publish(bus, "d")
    assert names(await read(reader, 3)) == ["d"]
    assert names(await read(reader, 0)) == ["a", "b", "c", "d"]


async def test_more_than_one_batch_comes_in_order(bus: Bus, reader: FactReader) -> None:
    wanted = [f"{n:04}" for n in range(450)]
    await publish(bus, *wanted)
    assert names(await read(reader, 0)) == wanted


async def test_who_is_killed_in_the_middle_gets_the_rest_at_once_and_in_order(
    bus: Bus, reader: FactReader, nats_server: Nats
) -> None:
    """What was fetched and never acknowledged would else come a minute later, after younger facts."""
    await publish(bus, *(f"{n:02}" for n in range(20)))
    position = 0
    async for fact in reader.follow(STREAM, after=0):
        position = fact.position
        if position == 7:
            break
    async with await FactReader.connect(nats_server.reader_url("erp")) as successor:
        assert names(await read(successor, position)) == [f"{n:02}" for n in range(7, 20)]


class Losing:
    """A subscription that loses a message on its way, once."""

    def __init__(self, real: Any, lost: int) -> None:
        self._real = real
        self._lost: int | None = lost

    async def fetch(self, batch: int, timeout: float) -> list[Any]:
        messages = await self._real.fetch(batch, timeout=timeout)
        kept = [m for m in messages if m.metadata.sequence.stream != self._lost]
        if len(kept) < len(messages):
            self._lost = None
        return kept

    async def unsubscribe(self) -> None:
        await self._real.unsubscribe()


async def test_a_fact_lost_with_a_connection_is_fetched_again_before_the_next(
    bus: Bus, reader: FactReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish(bus, "a", "b", "c", "d")
    jetstream = reader._client.jetstream()
    bind = jetstream.pull_subscribe_bind

    async def losing(**arguments: Any) -> Losing:
        return Losing(await bind(**arguments), lost=2)

    monkeypatch.setattr(jetstream, "pull_subscribe_bind", losing)
    monkeypatch.setattr(reader._client, "jetstream", lambda: jetstream)
    assert names(await read(reader, 0)) == ["a", "b", "c", "d"]


async def test_facts_that_are_gone_are_said_and_not_skipped(bus: Bus, reader: FactReader) -> None:
    await publish(bus, "a", "b", "c", "d")
    await bus.jetstream.purge_stream(STREAM, seq=4)
    with pytest.raises(FactsMissed, match="oldest fact left in TICKETS is 4, and you have seen 2"):
        await read(reader, 2)
    assert names(await read(reader, 3)) == ["d"]
    # Who begins, begins with what there is.
    assert names(await read(reader, 0)) == ["d"]


async def test_a_stream_that_was_made_anew_is_noticed(bus: Bus, reader: FactReader) -> None:
    await publish(bus, "a", "b")
    await bus.jetstream.delete_stream(STREAM)
    await bus.ensure_stream(STREAM, subjects=["tickets.>"])
    await bus.ensure_reader(STREAM, "erp")
    await publish(bus, "c")
    with pytest.raises(FactsMissed, match="made anew"):
        await read(reader, 2)


async def test_a_time_becomes_a_position(bus: Bus, reader: FactReader) -> None:
    now = datetime.now(UTC)
    assert await reader.position_at(STREAM, now) == 0
    await publish(bus, "a", "b")
    await asyncio.sleep(0.05)
    between = datetime.now(UTC)
    await publish(bus, "c")
    assert await reader.position_at(STREAM, now - timedelta(days=1)) == 0
    assert await reader.position_at(STREAM, between) == 2
    assert await reader.position_at(STREAM, now + timedelta(days=1)) == 3


async def test_a_fact_newer_than_the_package_is_passed_on_unread(bus: Bus, reader: FactReader) -> None:
    await publish(bus, "a", type_name="kontor.tickets.v1.TicketGilded")
    (fact,) = await read(reader, 0)
    assert (fact.type, fact.message) == ("kontor.tickets.v1.TicketGilded", None)


async def test_a_fact_that_comes_later_is_waited_for(bus: Bus, reader: FactReader) -> None:
    following = reader.follow(STREAM, after=0)
    coming = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0.2)
    await publish(bus, "late")
    assert names([await asyncio.wait_for(coming, 5)]) == ["late"]


async def test_facts_that_run_out_while_somebody_waits_are_said(bus: Bus, reader: FactReader) -> None:
    await publish(bus, "a")
    following = reader.follow(STREAM, after=0)
    assert (await anext(following)).position == 1
    await bus.jetstream.purge_stream(STREAM)
    await publish(bus, *"bcd")
    await bus.jetstream.purge_stream(STREAM, seq=4)
    with pytest.raises(FactsMissed):
        await anext(following)
