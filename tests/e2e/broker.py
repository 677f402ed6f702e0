"""Everything that lies on the broker, read as an operator would read it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import nats
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api

_BATCH = 500


@dataclass(frozen=True)
class Stored:
    """One message of a stream."""

    stream: str
    subject: str
    headers: dict[str, str]
    body: bytes
    stored_at: datetime

    @property
    def id(self) -> str:
        return self.headers.get("ce-id", "")


def read_everything(url: str) -> list[Stored]:
    """All messages of all streams, oldest first in each."""
    return asyncio.run(_read(url))


async def _read(url: str) -> list[Stored]:
    client = await nats.connect(url)
    try:
        jetstream = client.jetstream()
        return [
            message
            for stream in await jetstream.streams_info()
            async for message in _stream(jetstream, stream)
        ]
    finally:
        await client.close()


async def _stream(jetstream: JetStreamContext, stream: api.StreamInfo) -> AsyncIterator[Stored]:
    left = stream.state.messages
    if not left:
        return
    name = stream.config.name or ""
    config = api.ConsumerConfig(
        deliver_policy=api.DeliverPolicy.ALL, ack_policy=api.AckPolicy.NONE, inactive_threshold=60
    )
    subscription = await jetstream.pull_subscribe(
        (stream.config.subjects or [""])[0], stream=name, config=config
    )
    while left > 0:
        for message in await subscription.fetch(min(_BATCH, left), timeout=10):
            left -= 1
            yield _stored(name, message)
    await subscription.unsubscribe()


def _stored(stream: str, message: Msg) -> Stored:
    return Stored(
        stream, message.subject, dict(message.headers or {}), message.data, message.metadata.timestamp
    )
