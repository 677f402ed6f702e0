"""The broker: streams that own their subjects, publishing with acknowledgement, durable consumers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext, api
from nats.js.errors import APIError, NotFoundError

from kernel import telemetry

log = telemetry.get_logger(__name__)

# Dead letters and the erasure ledger are kept until somebody has dealt with them.
DEAD_STREAM = "DEAD"
LEDGER_STREAM = "LEDGER"
FACTS_KEPT_DAYS = 30
# What a reader outside has fetched and not acknowledged within this time comes again.
READER_ACK_WAIT_S = 60
_RETRY_S = 1.0
_READ_AT_ONCE = 256

# Subject, payload, headers.
Message = tuple[str, bytes, dict[str, str]]


class Bus:
    """One connection to NATS JetStream. Survives outages: `connect` waits, publishing raises.

    `replicas` is R of the streams (one in the embedded stack, three in production).
    """

    def __init__(self, url: str, *, name: str, replicas: int = 1) -> None:
        self._url = url
        self._name = name
        self._replicas = replicas
        self._client: Client | None = None
        self._ready = asyncio.Event()
        self._closing = False
        self._again: asyncio.Task[None] | None = None

    @property
    def jetstream(self) -> JetStreamContext:
        """The JetStream API. Errors: NatsError while there is no connection."""
        if self._client is None:
            raise NatsError("not connected yet")
        return self._js

    async def connect(self) -> None:
        """Connects, however long the broker takes to come; then keeps reconnecting for ever."""
        while self._client is None:
            try:
                self._client = await nats.connect(
                    self._url,
                    name=self._name,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.5,
                    connect_timeout=2,
                    error_cb=self._note_error,
                    closed_cb=self._begin_anew,
                )
            except (OSError, NatsError, TimeoutError):
                log.warning("broker does not answer; waiting")
                await asyncio.sleep(_RETRY_S)
        self._js = self._client.jetstream(timeout=5)
        self._ready.set()

    async def wait_ready(self) -> None:
        """Returns once the first connection stands."""
        await self._ready.wait()

    async def ensure_stream(
        self, name: str, *, subjects: Sequence[str], days: int | None = FACTS_KEPT_DAYS
    ) -> None:
        """Creates the stream, or brings it to this configuration; waits for the broker if need be."""
        config = api.StreamConfig(
            name=name,
            subjects=list(subjects),
            retention=api.RetentionPolicy.LIMITS,
            storage=api.StorageType.FILE,
            max_age=days * 86_400 if days else 0,
            num_replicas=self._replicas,
            duplicate_window=120,
            deny_delete=False,
            # Readers outside find the fact of a sequence or a time without a consumer of their own making.
            allow_direct=True,
        )
        await self._until_done(name, lambda: self._add_or_update(config))

    async def ensure_reader(self, stream: str, reader: str) -> None:
        """Creates a reader's durable pull consumer on a stream, from the oldest fact on; waits for the broker.

        Made here because whoever may make consumers may have facts delivered to any subject.
        """
        config = api.ConsumerConfig(
            durable_name=reader_consumer(reader),
            deliver_policy=api.DeliverPolicy.ALL,
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=READER_ACK_WAIT_S,
            max_deliver=-1,
            max_ack_pending=1_000,
        )
        await self._until_done(stream, lambda: self.jetstream.add_consumer(stream, config))

    async def _until_done(self, stream: str, work: Callable[[], Awaitable[Any]]) -> None:
        while True:
            await self.wait_ready()
            try:
                await work()
                return
            except (APIError, NatsError, TimeoutError, OSError) as error:
                log.warning("stream not ready", stream=stream, error=type(error).__name__)
                await asyncio.sleep(_RETRY_S)

    async def _add_or_update(self, config: api.StreamConfig) -> None:
        try:
            await self.jetstream.stream_info(config.name or "")
        except NotFoundError:
            await self.jetstream.add_stream(config)
        else:
            await self.jetstream.update_stream(config)

    async def read(self, stream: str) -> AsyncIterator[tuple[int, bytes | None]]:
        """Every message of a stream with its sequence, from the first that there ever was; None where one is gone.

        Empty if there is no such stream. Errors: NatsError, APIError, TimeoutError.
        """
        try:
            state = (await self.jetstream.stream_info(stream)).state
        except NotFoundError:
            return
        for start in range(1, state.last_seq + 1, _READ_AT_ONCE):
            sequences = range(start, min(start + _READ_AT_ONCE, state.last_seq + 1))
            payloads = await asyncio.gather(*(self._message(stream, each) for each in sequences))
            for sequence, payload in zip(sequences, payloads, strict=True):
                yield sequence, payload

    async def _message(self, stream: str, sequence: int) -> bytes | None:
        try:
            return (await self.jetstream.get_msg(stream, sequence)).data or b""
        except NotFoundError:
            return None

    async def publish(self, subject: str, payload: bytes, headers: dict[str, str]) -> int:
        """Publishes one message and waits for the ack; answers its sequence in the stream."""
        ack = await self.jetstream.publish(subject, payload, headers=headers, timeout=5)
        return ack.seq

    async def publish_in_order(self, messages: Sequence[Message]) -> None:
        """Publishes many and returns when every one is acknowledged; none is ever stored before one that it follows.

        Errors: NatsError, TimeoutError, OSError; then a beginning of them is stored, and they may all be
        published again: the broker knows those that it has by their ids.
        """
        if self._client is None or not self._client.is_connected:
            # The client would buffer during an outage, and every try would come out again afterwards.
            raise NatsError("not connected")
        try:
            await self._publish_chained(messages)
        except (NatsError, TimeoutError, OSError) as error:
            log.warning("facts go one by one", count=len(messages), error=type(error).__name__)
            # A link may have broken because of somebody else's message, or of one that was stored before.
            for subject, payload, headers in messages:
                await self.publish(subject, payload, headers)

    async def _publish_chained(self, messages: Sequence[Message]) -> None:
        follows: dict[str, str] = {}
        under_way = []
        for subject, payload, headers in messages:
            # Many are in flight: the broker itself must refuse what follows one that it refused.
            under_way.append(self.publish(subject, payload, headers | follows))
            follows = {api.Header.EXPECTED_LAST_MSG_ID: headers[api.Header.MSG_ID]}
        # To the last one, failed or not: nothing may be under way when they are published again.
        outcomes = await asyncio.gather(*under_way, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def close(self) -> None:
        """Drains subscriptions and closes the connection."""
        self._closing = True
        if self._again is not None:
            self._again.cancel()
        if self._client is not None and not self._client.is_closed:
            try:
                await asyncio.wait_for(self._client.drain(), 5)
            except (NatsError, TimeoutError, OSError) as error:
                log.warning("broker connection not drained", error=type(error).__name__)
                await self._client.close()

    async def _begin_anew(self) -> None:
        # The client comes back by itself from an outage, but ends for good when the broker sends it away, as one
        # does that has too many connections or did not understand a message.
        if self._closing or self._client is None:
            return
        log.warning("broker closed the connection; connecting anew")
        self._client = None
        self._ready.clear()
        self._again = asyncio.create_task(self.connect())

    async def _note_error(self, error: Exception) -> None:
        log.warning("broker error", error=type(error).__name__)


def stream_of(subject: str) -> str:
    """The stream that owns a subject: its first token in capitals."""
    return subject.partition(".")[0].upper()


def reader_consumer(reader: str) -> str:
    """The consumer of a reader outside; the prefix keeps it apart from every service's."""
    return f"reader-{reader}"
