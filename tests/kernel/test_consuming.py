"""Consumers: one effect per fact, whatever is delivered how often; what nobody can handle is set aside."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import insert

from kernel import consuming
from kernel.bus import DEAD_STREAM
from kernel.consuming import Delivered
from kernel.dead_letters import dead_letters, redrive
from kernel.errors import Unavailable
from kernel.ids import new_id
from tests.kernel.bus import SUBJECT, Line, commit, fact
from tests.kernel.sample import count, metadata, until

Wait = Callable[[], Awaitable[bool]]


class Noting:
    """A handler that writes a note for each fact, and fails as long as it is told to."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.seen: list[str] = []
        self.failure: Exception | None = None
        self.failures = 0

    async def __call__(self, fact: Delivered) -> None:
        async with self.line.database.transaction() as session:
            await session.execute(
                insert(metadata.tables["note"]).values(
                    id=new_id(), contact_id=uuid.uuid4(), body=fact.message.ticket_id
                )
            )
            self.seen.append(fact.message.ticket_id)
            if self.failure is not None:
                self.failures += 1
                raise self.failure


def notes(line: Line, expected: int) -> Wait:
    async def reached() -> bool:
        return await count(line.database, "note") == expected

    return reached


def dead(line: Line, expected: int) -> Wait:
    async def reached() -> bool:
        return await line.messages(DEAD_STREAM) == expected

    return reached


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consuming, "PAUSES_S", (0.05, 0.05, 0.05))
    monkeypatch.setattr(consuming, "OUTAGE_PAUSE_S", 0.05)


async def republish(line: Line, message_id: str) -> None:
    """The last message once more, past the broker's own window."""
    original = await line.bus.jetstream.get_last_msg("TICKETS", SUBJECT)
    headers = dict(original.headers or {}) | {"Nats-Msg-Id": message_id}
    await line.bus.publish(SUBJECT, original.data or b"", headers)


async def test_a_fact_delivered_twice_has_one_effect(line: Line) -> None:
    handler = Noting(line)
    line.relay()
    await commit(line.database, fact("one"))
    line.consume(handler)
    await until(notes(line, 1))
    await republish(line, "again")
    await commit(line.database, fact("two"))
    await until(notes(line, 2))
    assert handler.seen == ["one", "two"]


async def test_a_fact_repeated_within_one_batch_has_one_effect(line: Line) -> None:
    handler = Noting(line)
    line.relay()
    await commit(line.database, fact("one"))
    await until(lambda: _sent(line, 1))
    await republish(line, "again")
    await republish(line, "and again")
    await commit(line.database, fact("two"))
    await until(lambda: _sent(line, 4))
    line.consume(handler)
    await until(notes(line, 2))
    assert handler.seen == ["one", "two"]


async def _sent(line: Line, expected: int) -> bool:
    return await line.messages("TICKETS") == expected


async def test_a_consumer_that_comes_later_misses_nothing(line: Line) -> None:
    handler = Noting(line)
    line.relay()
    first = line.consume(handler)
    await commit(line.database, fact("a"))
    await until(notes(line, 1))
    await line.stop(first)
    await commit(line.database, fact("b"))
    line.consume(handler)
    await until(notes(line, 2))
    assert handler.seen == ["a", "b"]


async def test_a_stopping_consumer_gives_back_what_it_did_not_finish(line: Line) -> None:
    started = asyncio.Event()

    async def hang(_: Delivered) -> None:
        started.set()
        await asyncio.Event().wait()

    handler = Noting(line)
    line.relay()
    await commit(line.database, fact("a"))
    first = line.consume(hang)
    await started.wait()
    await line.stop(first)
    line.consume(handler)
    # Without giving back, the broker would wait for half a minute.
    await until(notes(line, 1), seconds=5)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {
            "ce-id": "no-uuid",
            "ce-type": "kontor.tickets.v1.TicketOpened",
            "ce-time": "2026-03-02T09:00:00+00:00",
        },
        {
            "ce-id": str(uuid.uuid4()),
            "ce-type": "kontor.tickets.v1.Other",
            "ce-time": "2026-03-02T09:00:00+00:00",
        },
        {"ce-id": str(uuid.uuid4()), "ce-type": "kontor.tickets.v1.TicketOpened", "ce-time": "yesterday"},
    ],
)
async def test_what_nobody_can_read_is_set_aside_and_blocks_nobody(
    line: Line, headers: dict[str, str]
) -> None:
    handler = Noting(line)
    await line.bus.publish(SUBJECT, b"\xff\xff\xff", headers)
    line.relay()
    await commit(line.database, fact("readable"))
    line.consume(handler)
    await until(notes(line, 1))
    (letter,) = [letter async for letter in dead_letters(line.bus)]
    assert letter.data == b"\xff\xff\xff"
    assert (letter.headers or {})["kontor-dead-reason"] == "UNREADABLE"


@pytest.mark.usefixtures("short_pauses")
async def test_a_failing_fact_is_tried_set_aside_and_driven_again(line: Line) -> None:
    handler = Noting(line)
    handler.failure = ValueError("a bug of ours")
    line.relay()
    await commit(line.database, fact("stubborn"))
    line.consume(handler)
    await until(dead(line, 1))
    assert handler.failures == 4
    assert await count(line.database, "note") == 0
    assert await count(line.database, "inbox") == 0

    handler.failure = None
    (letter,) = [letter async for letter in dead_letters(line.bus)]
    assert (letter.headers or {})["kontor-dead-reason"] == "ValueError"
    await redrive(line.bus, letter)
    await until(notes(line, 1))
    await until(dead(line, 0))


@pytest.mark.usefixtures("short_pauses")
async def test_one_failing_fact_does_not_hold_up_its_batch(line: Line) -> None:
    class Picky(Noting):
        async def __call__(self, fact: Delivered) -> None:
            self.failure = ValueError("not this") if fact.message.ticket_id == "bad" else None
            await super().__call__(fact)

    line.relay()
    await commit(line.database, fact("a"), fact("bad"), fact("b"))
    await until(lambda: _sent(line, 3))
    line.consume(Picky(line))
    await until(notes(line, 2))
    await until(dead(line, 1))


@pytest.mark.usefixtures("short_pauses")
async def test_an_outage_uses_up_no_try(line: Line) -> None:
    handler = Noting(line)
    handler.failure = Unavailable("The database does not answer.")
    line.relay()
    await commit(line.database, fact("patient"))
    line.consume(handler)

    async def failed_often() -> bool:
        return handler.failures > 8

    await until(failed_often)
    handler.failure = ValueError("and then a slip")

    async def slipped() -> bool:
        return handler.failures > 10

    await until(slipped)
    handler.failure = None
    await until(notes(line, 1))
    assert await line.messages(DEAD_STREAM) == 0
