"""Facts: written with the rows they are about, published by one relay per service afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import asyncpg
from google.protobuf.message import Message
from nats.errors import Error as NatsError
from opentelemetry import propagate
from sqlalchemy import LargeBinary, bindparam, text

from kernel import telemetry
from kernel.ids import new_id

if TYPE_CHECKING:
    from kernel.bus import Bus
    from kernel.db import WriteSession

log = telemetry.get_logger(__name__)

BATCH = 500
# The hint may be lost with its connection; this is the longest a fact then waits.
POLL_S = 1.0
# After a hint the relay waits this long for more: one round for ten commits costs what one commit's would.
GATHER_S = 0.01
# No statement of the relay takes so long; a server that is silent for this long is gone, and its host with it.
_SILENCE_S = 15.0
# The driver's internal error is what its state machine says when the server dies in the middle of an answer.
_AWAY = (
    OSError,
    NatsError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    TimeoutError,
)
_RELAY_LOCK = 0x4B6F6E74  # "Kont": one relay per database

_INSERT = text(
    "INSERT INTO outbox (id, subject, type, payload, traceparent, occurred_at) "
    "VALUES (:id, :subject, :type, :payload, :traceparent, :occurred_at)"
).bindparams(bindparam("payload", type_=LargeBinary))

# What is published is deleted, and there is no cursor that could pass over a slow transaction's rows:
# they come when it commits. Facts about one record are in order because a use case emits while it
# holds the record's lock: whoever comes second has the higher number, and is not seen without the first.
_SELECT = "SELECT seq, id, subject, type, payload, traceparent, occurred_at FROM outbox ORDER BY seq LIMIT $1"
_DELETE = "DELETE FROM outbox WHERE seq = ANY($1::bigint[])"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened: a message from the owner's events.proto and the subject it goes to."""

    subject: str
    message: Message


async def emit(session: WriteSession, *facts: Fact) -> None:
    """Records facts in the transaction of their cause; they are published if it commits."""
    if not facts:
        return
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    now = datetime.now(UTC)
    await session.execute(
        _INSERT,
        [
            {
                "id": new_id(),
                "subject": fact.subject,
                "type": fact.message.DESCRIPTOR.full_name,
                "payload": fact.message.SerializeToString(),
                "traceparent": carrier.get("traceparent"),
                "occurred_at": now,
            }
            for fact in facts
        ],
    )


class Relay:
    """Publishes what is in the outbox, in commit order, at least once.

    One relay per database runs at a time (an advisory lock on its own connection); a second one
    waits and takes over when the first goes. The broker dedupes by id inside its window, consumers
    by their inbox beyond it.
    """

    def __init__(self, *, database_url: str, bus: Bus, source: str) -> None:
        self._dsn = database_url.replace("postgresql+asyncpg://", "postgresql://")
        self._bus = bus
        self._source = source
        self._hint = asyncio.Event()

    async def run(self) -> None:
        """Relays until cancelled; survives outages of database and broker."""
        while True:
            try:
                await self._relay()
            except _AWAY as error:
                log.warning("outbox relay waits", error=type(error).__name__)
                await asyncio.sleep(POLL_S)

    async def _relay(self) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=5, command_timeout=_SILENCE_S)
        try:
            # As long as another relay lives; the lock ends with its connection. Asked for again and again:
            # whoever waits for it inside the server never learns that the server is gone.
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _RELAY_LOCK):  # noqa: ASYNC110 - the other is another process
                await asyncio.sleep(POLL_S)
            await connection.add_listener("outbox", lambda *_: self._hint.set())
            while True:
                self._hint.clear()
                rows = await connection.fetch(_SELECT, BATCH)
                if rows:
                    await self._publish(rows)
                    await connection.execute(_DELETE, [row["seq"] for row in rows])
                if len(rows) < BATCH:
                    await self._wait()
        finally:
            connection.terminate()

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._hint.wait(), POLL_S)
        except TimeoutError:
            return
        await asyncio.sleep(GATHER_S)

    async def _publish(self, rows: Sequence[asyncpg.Record]) -> None:
        await self._bus.publish_in_order(
            [
                (
                    row["subject"],
                    bytes(row["payload"]),
                    _headers(row, self._source),
                )
                for row in rows
            ]
        )


def _headers(row: asyncpg.Record, source: str) -> dict[str, str]:
    headers = {
        "Nats-Msg-Id": str(row["id"]),
        "ce-id": str(row["id"]),
        "ce-type": row["type"],
        "ce-source": source,
        "ce-time": row["occurred_at"].isoformat(),
    }
    if row["traceparent"]:
        headers["traceparent"] = row["traceparent"]
    return headers
