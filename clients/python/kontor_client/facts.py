"""Facts from a position that you keep: each once, in the order of its stream, from as long ago as they are kept."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import nats
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import Message

# Registers the facts of every service, so that a message can be read by the name of its type.
from kontor.campaigns.v1 import events_pb2 as _campaigns  # noqa: F401
from kontor.contacts.v1 import events_pb2 as _contacts  # noqa: F401
from kontor.privacy.v1 import events_pb2 as _privacy  # noqa: F401
from kontor.tickets.v1 import events_pb2 as _tickets  # noqa: F401
from nats.aio.client import Client
from nats.errors import TimeoutError as NatsTimeout

STREAMS = ("CONTACTS", "CAMPAIGNS", "TICKETS", "PRIVACY")
BATCH = 200
_WAIT_S = 2.0
_ASK_S = 5.0


class FactsMissed(Exception):
    """Facts after the position are gone, or the stream is another one than it was: read the records anew over gRPC."""


@dataclass(frozen=True)
class Fact:
    """Something that happened. `message` is None if its type is newer than this package."""

    id: str
    type: str
    subject: str
    time: datetime
    stream: str
    position: int
    message: Message | None


class FactReader:
    """One reader's connection to the broker. One process per reader: two would share the facts between them."""

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self._durable = f"reader-{name}"

    @classmethod
    async def connect(cls, url: str) -> Self:
        """`url` names reader, password and broker: `nats://erp:…@nats.example.eu:4222`, or `tls://…`."""
        client = await nats.connect(url, max_reconnect_attempts=-1)
        return cls(client, urlsplit(url).username or "")

    async def follow(self, stream: str, *, after: int, until_idle: bool = False) -> AsyncIterator[Fact]:
        """The facts of a stream after a position, as they come; 0 is the beginning.

        Asking for the next fact says that the one before has been dealt with. Keep its position beside its
        effect, in one transaction if you can, and start there again. `until_idle` ends when nothing more comes.
        Errors: FactsMissed.
        """
        await self._check(stream, after)
        subscription = await self._client.jetstream().pull_subscribe_bind(
            durable=self._durable, stream=stream
        )
        await self._reset(stream, after + 1)
        just_reset = True
        while True:
            messages = await _fetch(subscription)
            if not messages and until_idle:
                await subscription.unsubscribe()
                return
            for message in messages:
                position = message.metadata.sequence.stream
                if position > after + 1 and not just_reset:
                    # One got lost on its way, with a connection: it would come later, and out of order.
                    await self._reset(stream, after + 1)
                    just_reset = True
                    break
                if after and position > after + 1:
                    # Asked for anew, and still not there: it has run out, as in a stream that was empty at the start.
                    raise FactsMissed(f"The next fact in {stream} is {position}, and you have seen {after}.")
                if position > after:
                    just_reset = False
                    yield _fact(stream, message)
                    after = position
                await message.ack()

    async def position_at(self, stream: str, moment: datetime) -> int:
        """The position before the first fact that was stored at this time or later, for `follow(after=…)`."""
        found = await self._stored(stream, start_time=moment.astimezone(UTC).isoformat(), next_by_subj=">")
        return (await self._stored(stream, last_by_subj=">") or 0) if found is None else found - 1

    async def close(self) -> None:
        await self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _check(self, stream: str, after: int) -> None:
        if after == 0:
            return
        oldest = await self._stored(stream, seq=1, next_by_subj=">")
        newest = await self._stored(stream, last_by_subj=">")
        if oldest is not None and oldest > after + 1:
            raise FactsMissed(f"The oldest fact left in {stream} is {oldest}, and you have seen {after}.")
        if newest is not None and newest < after:
            raise FactsMissed(f"{stream} ends at {newest}, and you have seen {after}: it has been made anew.")

    async def _stored(self, stream: str, **question: Any) -> int | None:
        """The position of a stored fact; None if there is none."""
        answer = await self._client.request(
            f"$JS.API.DIRECT.GET.{stream}", json.dumps(question).encode(), timeout=_ASK_S
        )
        position = (answer.headers or {}).get("Nats-Sequence")
        return int(position) if position is not None else None

    async def _reset(self, stream: str, position: int) -> None:
        subject = f"$JS.API.CONSUMER.RESET.{stream}.{self._durable}"
        answer = await self._client.request(subject, json.dumps({"seq": position}).encode(), timeout=_ASK_S)
        content = json.loads(answer.data)
        if "error" in content:
            raise FactsMissed(f"{stream}: {content['error'].get('description')}")


async def _fetch(subscription: Any) -> list[Any]:
    try:
        return list(await subscription.fetch(BATCH, timeout=_WAIT_S))
    except (NatsTimeout, TimeoutError):
        return []


def _fact(stream: str, message: Any) -> Fact:
    headers = message.headers or {}
    return Fact(
        id=headers.get("ce-id", ""),
        type=headers.get("ce-type", ""),
        subject=message.subject,
        time=datetime.fromisoformat(headers["ce-time"]),
        stream=stream,
        position=message.metadata.sequence.stream,
        message=_read(headers.get("ce-type", ""), message.data),
    )


def _read(type_name: str, data: bytes) -> Message | None:
    try:
        descriptor = descriptor_pool.Default().FindMessageTypeByName(type_name)
    except KeyError:
        return None
    return message_factory.GetMessageClass(descriptor).FromString(data)
