"""Readers of facts from outside: they read their streams, from anywhere in them, and can do nothing else."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeout
from pydantic import ValidationError

from devstack.nats import Nats
from devstack.nats_readers import STREAMS
from kernel.bus import FACTS_KEPT_DAYS, LEDGER_STREAM, reader_consumer
from kernel.config import ServiceSettings
from tests.architecture.tree import BACK_ENDS, ROOT
from tests.kernel.bus import Line, commit, fact
from tests.kernel.sample import count, until

CONSUMER = reader_consumer("erp")


@dataclass
class Reader:
    """A program outside with the reader's user, and nothing of Kontor's."""

    client: Client
    refusals: list[str] = field(default_factory=list)

    async def read(self, most: int = 100, *, patience: float = 10) -> list[tuple[int, str]]:
        """Sequence and subject of what the durable consumer hands out now, each acknowledged."""
        subscription = await self.client.jetstream(timeout=10).pull_subscribe_bind(
            durable=CONSUMER, stream="TICKETS"
        )
        try:
            messages = await subscription.fetch(most, timeout=patience)
        except NatsTimeout:
            messages = []
        for message in messages:
            await message.ack()
        await self.client.flush()
        await subscription.unsubscribe()
        return [(message.metadata.sequence.stream, message.subject) for message in messages]

    async def ask(self, subject: str, **content: Any) -> Msg:
        return await self.client.request(subject, json.dumps(content).encode(), timeout=10)


@pytest.fixture
async def reader(line: Line, nats_server: Nats) -> AsyncIterator[Reader]:
    """The reader `erp` on a line whose TICKETS stream knows it."""
    await line.bus.ensure_reader("TICKETS", "erp")
    refusals: list[str] = []

    async def note(error: Exception) -> None:
        refusals.append(str(error))

    client = await nats.connect(nats_server.reader_url("erp"), error_cb=note)
    yield Reader(client, refusals)
    await client.close()


async def publish(line: Line, *names: str) -> None:
    line.relay()
    for name in names:
        await commit(line.database, fact(name))

    async def relayed() -> bool:
        return await count(line.database, "outbox") == 0

    await until(relayed)


async def test_a_reader_gets_every_fact_in_order_and_goes_on_where_it_stopped(
    line: Line, reader: Reader
) -> None:
    await publish(line, "a", "b", "c")
    subject = "tickets.ticket.opened"
    assert await reader.read(2) == [(1, subject), (2, subject)]
    assert await reader.read() == [(3, subject)]
    assert await reader.read(patience=0.5) == []


async def test_a_service_that_starts_again_leaves_the_readers_place_alone(line: Line, reader: Reader) -> None:
    await publish(line, "a", "b")
    await reader.read(1)
    await line.connect()
    await line.bus.ensure_reader("TICKETS", "erp")
    assert [sequence for sequence, _ in await reader.read()] == [2]


async def test_a_reader_replays_from_a_sequence(line: Line, reader: Reader) -> None:
    await publish(line, "a", "b", "c")
    await reader.read()
    answer = json.loads((await reader.ask(f"$JS.API.CONSUMER.RESET.TICKETS.{CONSUMER}", seq=2)).data)
    assert answer["reset_seq"] == 2
    assert [sequence for sequence, _ in await reader.read()] == [2, 3]


async def test_a_reader_finds_the_sequence_of_a_time(line: Line, reader: Reader) -> None:
    await publish(line, "a", "b")
    stored = await line.bus.jetstream.get_msg("TICKETS", 2)
    assert stored.time is not None
    found = await reader.ask("$JS.API.DIRECT.GET.TICKETS", start_time=stored.time.isoformat(), batch=1)
    assert (found.headers or {})["Nats-Sequence"] == "2"
    late = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    nothing = await reader.ask("$JS.API.DIRECT.GET.TICKETS", start_time=late, batch=1)
    assert (nothing.headers or {})["Status"] == "404"


async def test_a_reader_learns_what_is_the_oldest_fact_left(line: Line, reader: Reader) -> None:
    """Whoever was away for too long must be able to tell that facts are missing."""
    await publish(line, "a", "b", "c")
    await line.bus.jetstream.purge_stream("TICKETS", seq=3)
    oldest = await reader.ask("$JS.API.DIRECT.GET.TICKETS", seq=1, next_by_subj=">")
    assert (oldest.headers or {})["Nats-Sequence"] == "3"


async def test_facts_are_kept_as_long_as_the_guide_says(line: Line) -> None:
    stream = (await line.bus.jetstream.stream_info("TICKETS")).config
    assert stream.max_age == FACTS_KEPT_DAYS * 86_400
    assert (stream.max_msgs, stream.max_bytes) == (-1, -1)
    assert f"{FACTS_KEPT_DAYS} days" in (ROOT / "docs/integrator-guide.md").read_text()


FORBIDDEN = [
    "tickets.ticket.opened",
    "contacts.contact.erased",
    "dead.contacts-tickets",
    "ledger.entry",
    "$JS.API.INFO",
    "$JS.API.STREAM.NAMES",
    "$JS.API.STREAM.CREATE.MINE",
    "$JS.API.STREAM.UPDATE.TICKETS",
    "$JS.API.STREAM.DELETE.TICKETS",
    "$JS.API.STREAM.PURGE.TICKETS",
    "$JS.API.STREAM.MSG.DELETE.TICKETS",
    "$JS.API.STREAM.INFO.TICKETS",
    f"$JS.API.CONSUMER.INFO.TICKETS.{CONSUMER}",
    "$JS.API.STREAM.INFO.DEAD",
    "$JS.API.DIRECT.GET.DEAD",
    f"$JS.API.DIRECT.GET.{LEDGER_STREAM}",
    "$JS.API.CONSUMER.LIST.TICKETS",
    f"$JS.API.CONSUMER.CREATE.TICKETS.{CONSUMER}",
    f"$JS.API.CONSUMER.DURABLE.CREATE.TICKETS.{CONSUMER}",
    f"$JS.API.CONSUMER.DELETE.TICKETS.{CONSUMER}",
    "$JS.API.CONSUMER.MSG.NEXT.TICKETS.contacts-tickets",
    "$JS.API.CONSUMER.RESET.TICKETS.contacts-tickets",
    f"$JS.API.CONSUMER.MSG.NEXT.TICKETS.{reader_consumer('bi')}",
    "$JS.ACK.TICKETS.contacts-tickets.1.1.1.1.1",
    "$SYS.REQ.SERVER.PING",
]


@pytest.mark.parametrize("subject", FORBIDDEN)
async def test_a_reader_may_do_nothing_else(line: Line, reader: Reader, subject: str) -> None:
    await publish(line, "a")
    with pytest.raises((NatsTimeout, NoRespondersError)):
        await reader.client.request(subject, b"{}", timeout=0.3)
    assert [f'permissions violation for publish to "{subject.lower()}"' in r for r in reader.refusals] == [
        True
    ]
    assert await line.messages("TICKETS") == 1
    assert await line.messages("DEAD") == 0


@pytest.mark.parametrize("subject", [">", "tickets.>", "dead.>", "$JS.EVENT.ADVISORY.>", "$SYS.>"])
async def test_a_reader_hears_nothing_but_answers(reader: Reader, subject: str) -> None:
    await reader.client.subscribe(subject)
    await reader.client.flush()

    async def refused() -> bool:
        return any("permissions violation for subscription" in r for r in reader.refusals)

    await until(refused)


@pytest.mark.parametrize(
    ("door", "body"),
    [
        (f"CONSUMER.MSG.NEXT.TICKETS.{CONSUMER}", b"1"),
        (f"CONSUMER.RESET.TICKETS.{CONSUMER}", b'{"seq": 1}'),
        ("DIRECT.GET.TICKETS", b'{"seq": 1}'),
    ],
)
@pytest.mark.parametrize("target", ["tickets.ticket.opened", "dead.contacts-tickets"])
async def test_an_answer_cannot_be_sent_into_a_stream(
    line: Line, reader: Reader, door: str, body: bytes, target: str
) -> None:
    """The broker answers to whatever subject a request names; that must not be a way to publish."""
    await publish(line, "a")
    await reader.client.publish(f"$JS.API.{door}", body, reply=target)
    await reader.client.flush()
    # The broker works off a connection in order: when this is answered, that has been, too.
    await reader.ask("$JS.API.DIRECT.GET.TICKETS", seq=1)
    await asyncio.sleep(0.1)
    assert await line.messages("TICKETS") == 1
    assert await line.messages("DEAD") == 0


async def test_an_acknowledgement_cannot_send_the_next_fact_into_a_stream(line: Line, reader: Reader) -> None:
    """`+NXT` acknowledges and asks for the next in one, again with an answer to wherever the reader says."""
    await publish(line, "a", "b")
    jetstream = reader.client.jetstream(timeout=10)
    subscription = await jetstream.pull_subscribe_bind(durable=CONSUMER, stream="TICKETS")
    (message,) = await subscription.fetch(1, timeout=2)
    await reader.client.publish(message.reply, b"+NXT", reply="dead.contacts-tickets")
    await reader.client.flush()
    await reader.ask("$JS.API.DIRECT.GET.TICKETS", seq=1)
    await asyncio.sleep(0.1)
    assert await line.messages("DEAD") == 0
    assert (await line.bus.jetstream.consumer_info("TICKETS", CONSUMER)).ack_floor.stream_seq == 1


async def test_a_reader_that_is_not_known_on_the_broker_does_not_get_in(nats_server: Nats) -> None:
    with pytest.raises(nats.errors.Error):
        await nats.connect(
            nats_server.reader_url("erp").replace("erp:", "crm:"), allow_reconnect=False, connect_timeout=2
        )


async def test_every_stream_of_facts_can_be_read() -> None:
    assert list(STREAMS) == [name.upper() for name in BACK_ENDS]


@pytest.mark.parametrize("name", ["", "ERP", "a.b", "a b", "*", ">", "1a", "x" * 32])
def test_a_readers_name_cannot_reach_beyond_its_consumer(name: str) -> None:
    with pytest.raises(ValidationError, match="fact_readers"):
        ServiceSettings(fact_readers=(name,))


async def test_the_second_reader_has_a_place_of_its_own(
    line: Line, reader: Reader, nats_server: Nats
) -> None:
    await line.bus.ensure_reader("TICKETS", "bi")
    await publish(line, "a", "b")
    assert len(await reader.read()) == 2
    client = await nats.connect(nats_server.reader_url("bi"))
    own = await client.jetstream(timeout=10).pull_subscribe_bind(
        durable=reader_consumer("bi"), stream="TICKETS"
    )
    assert len(await own.fetch(10, timeout=1)) == 2
    await client.close()
