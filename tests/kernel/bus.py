"""Parts for tests on the bus: relays, consumers and streams on the real servers, stopped with the test."""

import asyncio
import uuid
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from kontor.tickets.v1 import events_pb2

from kernel.bus import DEAD_STREAM, Bus
from kernel.consuming import Consumer, Handler, Subscription, consumers_for
from kernel.db import Database
from kernel.outbox import Fact, Relay, emit

SUBJECT = "tickets.ticket.opened"


@dataclass
class Line:
    """From a database through the broker to a consumer, each part started when the test says so."""

    database: Database
    bus: Bus
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self.tasks.append(task)
        return task

    def relay(self) -> asyncio.Task[Any]:
        return self.start(self.make_relay().run())

    def make_relay(self, kind: type[Relay] = Relay) -> Relay:
        return kind(database_url=self.database.url, bus=self.bus, source="kontor/test")

    def consume(self, handle: Handler) -> asyncio.Task[Any]:
        return self.start(self.consumer(handle).run())

    def consumer(self, handle: Handler) -> Consumer:
        (made,) = consumers_for(
            service="test",
            subscriptions=[Subscription(SUBJECT, events_pb2.TicketOpened, handle)],
            bus=self.bus,
            database=self.database,
        )
        return made

    async def connect(self) -> None:
        await self.bus.connect()
        await self.bus.ensure_stream("TICKETS", subjects=["tickets.>"])
        await self.bus.ensure_stream(DEAD_STREAM, subjects=["dead.>"], days=None)

    async def stop(self, *tasks: asyncio.Task[Any]) -> None:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def published(self) -> list[str]:
        """The ticket ids in the stream, in order."""
        subscription = await self.bus.jetstream.pull_subscribe("tickets.>", stream="TICKETS")
        found: list[str] = []
        with suppress(TimeoutError):
            while batch := await subscription.fetch(500, timeout=0.3):
                found += [events_pb2.TicketOpened.FromString(m.data).ticket_id for m in batch]
        await subscription.unsubscribe()
        return found

    async def messages(self, stream: str) -> int:
        return int((await self.bus.jetstream.stream_info(stream)).state.messages)


def fact(name: str = "") -> Fact:
    return Fact(SUBJECT, events_pb2.TicketOpened(ticket_id=name or str(uuid.uuid4())))


async def commit(database: Database, *facts: Fact) -> None:
    """Facts in a transaction of their own."""
    async with database.transaction() as session:
        await emit(session, *facts)
