"""Facts: committed → relayed → delivered to a consumer with its inbox, against raw JetStream publish.

    python -m bench.events

Both sides run in one process on the same broker. A round of ours commits facts in transactions of
`PER_TRANSACTION` (as an import does), relays and consumes them; a raw round publishes as many messages of
the same size, many in flight, and waits for all acks. Latency is measured apart, at a steady rate of
single-fact transactions. The last line is one JSON object: ratio, facts_per_s, p95_ms and what they are made of.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import uvloop
from kontor.contacts.v1 import events_pb2

from bench.engines import Engines, engines
from kernel.bus import Bus
from kernel.consuming import Consumer, Delivered, Subscription
from kernel.db import Database
from kernel.ids import new_id
from kernel.outbox import Fact, Relay, emit
from kernel.schema import NOTIFY_DDL, service_metadata

ROUNDS = 5
FACTS = 5_000
PER_TRANSACTION = 100
RATE = 500
RATE_SECONDS = 4
AIM_RATIO = 0.3
AIM_P95_MS = 100.0
SUBJECT = "contacts.contact.created"


@dataclass
class Arrivals:
    """Counts what the consumer was given, and notes when."""

    expected: int = 0
    seen: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)
    at: dict[str, float] = field(default_factory=dict)

    async def handle(self, fact: Delivered) -> None:
        self.at[fact.message.contact_id] = perf_counter()
        self.seen += 1
        if self.seen >= self.expected:
            self.done.set()

    def expect(self, count: int) -> None:
        self.expected, self.seen = count, 0
        self.done.clear()
        self.at.clear()


def facts(count: int) -> list[Fact]:
    """So many facts of 38 bytes, as the contacts service builds them."""
    return [Fact(SUBJECT, events_pb2.ContactCreated(contact_id=str(new_id()))) for _ in range(count)]


async def ours(database: Database, arrivals: Arrivals) -> float:
    """Facts per second from the first commit to the last delivery."""
    batches = [facts(PER_TRANSACTION) for _ in range(FACTS // PER_TRANSACTION)]
    arrivals.expect(FACTS)
    started = perf_counter()
    for batch in batches:
        async with database.transaction() as session:
            await emit(session, *batch)
    async with asyncio.timeout(60):
        await arrivals.done.wait()
    return FACTS / (perf_counter() - started)


async def raw(bus: Bus) -> float:
    """Messages per second, published many in flight and all acknowledged."""
    payload = events_pb2.ContactCreated(contact_id=str(new_id())).SerializeToString()
    batches = [
        [("raw.fact", payload, {"Nats-Msg-Id": str(new_id())}) for _ in range(500)]
        for _ in range(FACTS // 500)
    ]
    started = perf_counter()
    for batch in batches:
        await bus.publish_in_order(batch)
    return FACTS / (perf_counter() - started)


async def latency(database: Database, arrivals: Arrivals) -> float:
    """95th percentile in milliseconds from commit to handler at `RATE` facts a second."""
    count = RATE * RATE_SECONDS
    arrivals.expect(count)
    committed: dict[str, float] = {}

    async def commit_one(fact: Fact) -> None:
        async with database.transaction() as session:
            await emit(session, fact)
        committed[fact.message.contact_id] = perf_counter()  # type: ignore[attr-defined]

    begun = perf_counter()
    running = []
    for number, fact in enumerate(facts(count)):
        await asyncio.sleep(max(0.0, begun + number / RATE - perf_counter()))
        running.append(asyncio.create_task(commit_one(fact)))
    await asyncio.gather(*running)
    async with asyncio.timeout(60):
        await arrivals.done.wait()
    waits = [(arrivals.at[key] - moment) * 1000 for key, moment in committed.items()]
    return quantiles(waits, n=20)[18]


async def measure(at: Engines) -> dict[str, Any]:
    """The whole measurement."""
    url, metadata = at.database_url("bench"), service_metadata()
    database = Database(url, metadata=metadata)
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        for statement in NOTIFY_DDL:
            await connection.exec_driver_sql(statement)
    bus = Bus(at.nats_url, name="bench")
    await bus.connect()
    await bus.ensure_stream("CONTACTS", subjects=["contacts.>"])
    await bus.ensure_stream("RAW", subjects=["raw.>"])
    arrivals = Arrivals()
    subscription = Subscription(SUBJECT, events_pb2.ContactCreated, arrivals.handle)
    consumer = Consumer(
        service="bench", stream="CONTACTS", subscriptions=[subscription], bus=bus, database=database
    )
    relay = Relay(database_url=url, bus=bus, source="bench")
    background = [asyncio.create_task(work) for work in (relay.run(), consumer.run())]
    await ours(database, arrivals)
    rounds = [(await ours(database, arrivals), await raw(bus)) for _ in range(ROUNDS)]
    p95 = median([await latency(database, arrivals) for _ in range(ROUNDS)])
    for task in background:
        task.cancel()
    await asyncio.gather(*background, return_exceptions=True)
    await bus.close()
    await database.close()
    ratio = median(mine / bare for mine, bare in rounds)
    return {
        "ratio": round(ratio, 3),
        "facts_per_s": round(median(mine for mine, _ in rounds)),
        "p95_ms": round(p95, 1),
        "raw_per_s": round(median(bare for _, bare in rounds)),
        "facts_per_transaction": PER_TRANSACTION,
        "rate_for_p95_per_s": RATE,
        "aims": {"ratio": AIM_RATIO, "p95_ms": AIM_P95_MS},
    }


def main() -> int:
    """Runs the measurement; fails if an aim is missed."""
    with engines("bench") as at:
        result = uvloop.run(measure(at))
    print(json.dumps(result))
    return 0 if result["p95_ms"] < AIM_P95_MS and result["ratio"] >= AIM_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
