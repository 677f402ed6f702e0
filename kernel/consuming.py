"""Durable consumers: each fact has one effect, whatever crashes; what cannot be handled is set aside."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from google.protobuf.message import DecodeError, Message
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import api
from nats.js.errors import APIError
from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind
from sqlalchemy import Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from kernel import telemetry
from kernel.bus import Bus, stream_of
from kernel.db import Database, WriteSession, is_disconnect
from kernel.errors import DomainError, Unavailable
from kernel.work import Work, working

log = telemetry.get_logger(__name__)
_tracer = trace.get_tracer("kontor.consuming")

BATCH = 200
ACK_WAIT_S = 30
# After this many tries a fact is set aside; the pauses between them are seconds.
PAUSES_S: tuple[float, ...] = (1, 5, 20, 60)
# While something that we need is away, a fact waits; that is nobody's fault and uses up no try.
OUTAGE_PAUSE_S = 2.0
_IDLE_FETCH_S = 5.0

_CLAIM = text(
    "INSERT INTO inbox (consumer, fact_id) SELECT :consumer, unnest(:ids) "
    "ON CONFLICT DO NOTHING RETURNING fact_id"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("consumer", type_=Text))


@dataclass(frozen=True, slots=True)
class Delivered:
    """A fact as it reached us."""

    id: uuid.UUID
    subject: str
    message: Any
    occurred_at: datetime
    carrier: dict[str, str]


Handler = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subject, the fact on it, and the use case it leads to."""

    subject: str
    fact: type[Message]
    handle: Handler


class Consumer:
    """One durable pull consumer: all subscriptions of a service to one stream.

    A batch is one transaction: its ids go into the inbox first, then each new fact is handled.
    If one fails, the batch is undone and each fact gets a transaction of its own.
    """

    def __init__(
        self,
        *,
        service: str,
        stream: str,
        subscriptions: Sequence[Subscription],
        bus: Bus,
        database: Database,
    ) -> None:
        self.name = f"{service}-{stream.lower()}"
        self._stream = stream
        self._by_subject = {s.subject: s for s in subscriptions}
        self._bus = bus
        self._database = database
        # Failed tries by stream sequence. A restart forgets them and tries a little more often.
        self._tries: dict[int, int] = {}

    async def run(self) -> None:
        """Consumes until cancelled; survives outages of broker and database."""
        await self._bus.wait_ready()
        while True:
            try:
                await self._consume()
            except (APIError, NatsError, OSError, TimeoutError) as error:
                log.warning("consumer waits", consumer=self.name, error=type(error).__name__)
                await asyncio.sleep(1)

    async def _consume(self) -> None:
        config = api.ConsumerConfig(
            durable_name=self.name,
            filter_subjects=sorted(self._by_subject),
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_S,
            max_ack_pending=BATCH * 4,
            # Counting is ours: a database that is down must not use up a fact's tries.
            max_deliver=-1,
        )
        js = self._bus.jetstream
        await js.add_consumer(self._stream, config)
        subscription = await js.pull_subscribe_bind(durable=self.name, stream=self._stream)
        try:
            while True:
                try:
                    batch = await subscription.fetch(BATCH, timeout=_IDLE_FETCH_S)
                except TimeoutError:
                    # Nothing came; the client raises its own kind of this or, in a race, the plain one.
                    continue
                try:
                    await self._handle_batch(batch)
                except asyncio.CancelledError:
                    await _give_back(batch)
                    raise
        finally:
            # An open pull would go on drawing facts that nobody reads until their ack time is over.
            with suppress(NatsError):
                await subscription.unsubscribe()

    async def _handle_batch(self, batch: list[Msg]) -> None:
        readable = [(m, d) for m in batch if (d := await self._read(m)) is not None]
        try:
            await self._apply([d for _, d in readable])
        except Exception as error:
            if len(readable) == 1:
                await self._failed(readable[0][0], error)
                return
            for message, delivered in readable:
                await self._handle_alone(message, delivered)
            return
        for message, _ in readable:
            await self._done(message)

    async def _handle_alone(self, message: Msg, delivered: Delivered) -> None:
        try:
            await self._apply([delivered])
        except Exception as error:
            await self._failed(message, error)
            return
        await self._done(message)

    async def _apply(self, facts: list[Delivered]) -> None:
        if not facts:
            return
        fresh: set[uuid.UUID] = set()

        async def claim(session: WriteSession) -> None:
            ids = [f.id for f in facts]
            fresh.update((await session.execute(_CLAIM, {"consumer": self.name, "ids": ids})).scalars())

        work = Work(claim, many=True)
        try:
            with working(work):
                async with work.join(self._database):
                    for fact in facts:
                        if fact.id in fresh:
                            # The same fact may stand twice in one batch.
                            fresh.discard(fact.id)
                            await self._handle_one(fact)
            await work.commit()
        except BaseException as error:
            await work.roll_back(error)
            raise

    async def _handle_one(self, fact: Delivered) -> None:
        subscription = self._by_subject[fact.subject]
        with telemetry.span(
            _tracer,
            f"{fact.subject} process",
            context=propagate.extract(fact.carrier),
            kind=SpanKind.CONSUMER,
            attributes={"messaging.system": "nats", "messaging.destination.name": fact.subject},
        ):
            await subscription.handle(fact)

    async def _read(self, message: Msg) -> Delivered | None:
        headers = dict(message.headers or {})
        try:
            subscription = self._by_subject[message.subject]
            if headers.get("ce-type") != subscription.fact.DESCRIPTOR.full_name:
                raise ValueError("another type than the subject promises")
            return Delivered(
                id=uuid.UUID(headers["ce-id"]),
                subject=message.subject,
                message=subscription.fact.FromString(message.data),
                occurred_at=datetime.fromisoformat(headers["ce-time"]).astimezone(UTC),
                carrier={k: v for k, v in headers.items() if k in ("traceparent", "tracestate")},
            )
        except (KeyError, ValueError, DecodeError):
            # No retry makes an unreadable message readable.
            await self._set_aside(message, "UNREADABLE")
            return None

    async def _done(self, message: Msg) -> None:
        self._tries.pop(message.metadata.sequence.stream, None)
        await message.ack()

    async def _failed(self, message: Msg, error: Exception) -> None:
        sequence = message.metadata.sequence.stream
        tries = self._tries.get(sequence, 0) + 1
        transient = isinstance(error, Unavailable) or is_disconnect(error)
        reason = error.reason if isinstance(error, DomainError) else type(error).__name__
        log.warning(
            "fact not handled", consumer=self.name, subject=message.subject, attempt=tries, reason=reason,
            **({} if isinstance(error, DomainError) else telemetry.place_of(error)),
        )  # fmt: skip
        if transient:
            await message.nak(delay=OUTAGE_PAUSE_S)
        elif tries <= len(PAUSES_S):
            self._tries[sequence] = tries
            await message.nak(delay=PAUSES_S[tries - 1])
        else:
            self._tries.pop(sequence, None)
            await self._set_aside(message, reason)

    async def _set_aside(self, message: Msg, reason: str) -> None:
        metadata = message.metadata
        # What the relay asked of its own stream would be refused by another.
        headers = {k: v for k, v in (message.headers or {}).items() if not k.startswith("Nats-")}
        headers |= {
            "Nats-Msg-Id": f"{self.name}-{metadata.sequence.stream}",
            "kontor-dead-reason": reason,
            "kontor-dead-consumer": self.name,
            "kontor-origin-subject": message.subject,
        }
        # The copy must be safe before the original goes: term first would lose it in a crash.
        await self._bus.publish(f"dead.{self.name}", message.data, headers)
        await message.term()
        log.error("fact set aside", consumer=self.name, subject=message.subject, reason=reason)


async def _give_back(batch: list[Msg]) -> None:
    """Lets another process have at once what this one will not finish; what it did finish stays done."""
    for message in batch:
        with suppress(NatsError):
            await message.nak()


def consumers_for(
    *, service: str, subscriptions: Sequence[Subscription], bus: Bus, database: Database
) -> list[Consumer]:
    """One consumer per stream that the subscriptions name."""
    ordered = sorted(subscriptions, key=lambda s: stream_of(s.subject))
    return [
        Consumer(service=service, stream=stream, subscriptions=list(group), bus=bus, database=database)
        for stream, group in groupby(ordered, key=lambda s: stream_of(s.subject))
    ]
